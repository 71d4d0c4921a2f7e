package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/history"
	"github.com/tokengate/tokengate/internal/lint"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/promptfoo"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Rules lists every rule that a report or an error may name, by id.
func Rules() []source.Rule {
	var all []source.Rule
	for _, rules := range [][]source.Rule{source.Rules, token.Rules, request.Rules, config.Rules, prompt.Rules, evals.Rules, promptfoo.Rules, traffic.Rules, pricing.Rules, stats.Rules, forecast.Rules, history.Rules, gate.Rules, cubeRules} {
		all = append(all, rules...)
	}
	for _, r := range budget.Rules {
		all = append(all, r.Rule)
	}
	for _, r := range lint.Rules {
		all = append(all, r.Rule)
	}
	slices.SortFunc(all, func(a, b source.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func newExplain(env *Env) *cobra.Command {
	o := &budgetOptions{}
	cmd := &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Say what a rule means, or where the limits of a file come from",
		Long: `explain RULE says what a rule means; without a rule it lists them all.

explain --budget PATH shows every limit that holds for a file of the working tree, or for a section of it (PATH#anchor):
its value, where it was declared, what it goes before, until when it holds, and who owns and approves it. A guardrail
comes from the first that sets it: the section's own block, blocks of the sections around it, the file's own block, the
file that imports it, the CLAUDE.md of the nearest directory above, the track in tokengate.yaml, a block elsewhere that
names the track, the feature, the project's defaults. Ceilings are not inherited: each holds on its own.`,
		Example: `  tokengate explain
  tokengate explain ceiling-changed
  tokengate explain --budget CLAUDE.md#testing
  tokengate explain --budget prompts/answer.md --track generation --format json
  tokengate explain --track generation`,
		Args: args(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, given []string) error {
			switch {
			case o.asked() && len(given) > 0:
				return usageError{"a rule and a budget are asked for at once", "ask for one of the two"}
			case o.asked():
				return runExplainBudget(cmd.Context(), env, o)
			}
			return sayRule(env, given)
		},
	}
	o.flags(cmd)
	return cmd
}

// sayRule prints the text of a rule; without one, a line for each.
func sayRule(env *Env, given []string) error {
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
}

func ruleIDs() []string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}
