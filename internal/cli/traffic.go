package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newTraffic(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "traffic",
		Short: "Look at recorded traffic, convert, redact, sample and sum it up",
		Long: `traffic reads recordings of any dialect: files, folders of files (a Claude Code tree such as ~/.claude/projects among
them), and LiteLLM's spend logs in Postgres by their address. Without a name it reads those of tokengate.yaml.`,
		Example: `  tokengate traffic inspect spans.json
  tokengate traffic explain spans.json
  tokengate traffic convert ~/.claude/projects -o traffic/coding.jsonl.gz`,
		Args: func(c *cobra.Command, given []string) error {
			if len(given) == 0 {
				return nil
			}
			return usageError{fmt.Sprintf("unknown command %q", "traffic "+given[0]), nearest(given[0], commandNames(c), "tokengate traffic --help lists the commands")}
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newTrafficInspect(env), newTrafficExplain(env), newTrafficConvert(env), newTrafficRedact(env), newTrafficSample(env), newTrafficProfile(env), newTrafficMerge(env))
	return cmd
}
