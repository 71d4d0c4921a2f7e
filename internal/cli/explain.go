package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/history"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Rules lists every rule that a report or an error may name, by id.
func Rules() []source.Rule {
	var all []source.Rule
	for _, rules := range [][]source.Rule{source.Rules, token.Rules, request.Rules, config.Rules, prompt.Rules, traffic.Rules, pricing.Rules, stats.Rules, forecast.Rules, history.Rules, gate.Rules, cubeRules} {
		all = append(all, rules...)
	}
	for _, r := range budget.Rules {
		all = append(all, r.Rule)
	}
	slices.SortFunc(all, func(a, b source.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func newExplain(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Say what a rule means; without a rule, list them all",
		Example: `  tokengate explain
  tokengate explain ceiling-changed`,
		Args: args(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, given []string) error {
			if len(given) == 0 {
				for _, r := range Rules() {
					fmt.Fprintf(env.Out, "%-28s %s\n", r.ID, r.Summary)
				}
				return nil
			}
			for _, r := range Rules() {
				if r.ID == given[0] {
					fmt.Fprintf(env.Out, "%s: %s\n\n%s\n", r.ID, r.Summary, r.Explain)
					return nil
				}
			}
			return usageError{fmt.Sprintf("rule %q is not known", given[0]), nearest(given[0], ruleIDs(), "tokengate explain lists every rule")}
		},
	}
}

func ruleIDs() []string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}
