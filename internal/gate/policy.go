package gate

import (
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/source"
)

// Policy gives what in.Head declares, its templates loaded as Run loads them; of in only Head, Config, Named and Now matter.
func Policy(in Input) (config.Policy, source.Diagnostics) {
	s := load(in.Head, in, "head")
	return s.policy, s.diags
}
