package gate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plantedYAML means the tree that Claude Code loads, whatever its files are called.
const plantedYAML = `version: 1
loader: {tool: claude-code}
ceiling: $9,000
prices: {files: [prices.yaml]}
recordings: [{path: traffic/*.jsonl, sampling: 0.1%, defaults: {track: coding}}]
`

const reviewerMD = "---\nname: reviewer\ndescription: Reviews changes\n---\nYou review changes.\n"

// plantedTree is the tree of carriedTree with a subagent, which makes the two calls of subagents, and a rule. The six calls
// of the main conversation and those two send the memory file and the rule.
func plantedTree() files {
	return carriedTree().edit("tokengate.yaml", plantedYAML, ".claude/agents/reviewer.md", reviewerMD, ".claude/rules/api.md", "# API\n\nAnswer with JSON.\n",
		"traffic/a.jsonl", strings.ReplaceAll(transcript(), `"isSidechain":true`, `"isSidechain":true,"agentId":"a1","attributionAgent":"reviewer"`))
}

// A file that is moved is the same template: calls go on to be made from it, and all that differs is what was edited, and
// the path that the tool puts before a memory file, which is three tokens longer.
func TestMovedFiles(t *testing.T) {
	base := plantedTree()
	edited := strings.Replace(base["CLAUDE.md"], "Short functions.", "Short functions, and as few of them as will do.", 1)
	longer := strings.Replace(reviewerMD, "changes.\n", "changes and nothing but the changes.\n", 1)
	grown, review := o200k(edited)-o200k(base["CLAUDE.md"]), o200k(longer)-o200k(reviewerMD)
	for name, c := range map[string]struct {
		head files
		more int64 // tokens of the eight recorded calls
	}{
		"CLAUDE.md": {base.without("CLAUDE.md").edit(".claude/CLAUDE.md", edited), 8 * (grown + 3)},
		"subagent":  {base.without(".claude/agents/reviewer.md").edit(".claude/agents/checker.md", longer), 2 * review},
		"both":      {base.without("CLAUDE.md", ".claude/agents/reviewer.md").edit(".claude/CLAUDE.md", base["CLAUDE.md"], ".claude/agents/checker.md", reviewerMD), 8 * 3},
		"neither":   {base, 0},
	} {
		t.Run(name, func(t *testing.T) {
			rep := compare(t, base, c.head)
			if list := findings(rep, "template-removed"); len(list) > 0 {
				t.Errorf("%+v", list)
			}
			if got := rep.Total.Head.RecordedTokens - rep.Total.Base.RecordedTokens; got != c.more {
				t.Errorf("%d tokens more, want %d", got, c.more)
			}
			var causes int64
			for _, x := range rep.Causes {
				causes += x.Tokens * x.Calls
			}
			if causes != c.more {
				t.Errorf("causes come to %d tokens, want %d: %+v", causes, c.more, rep.Causes)
			}
		})
	}
}

// The text of a variant stands in the place of a member of the tree in every template that sends it, and of no other. The
// eight recorded calls have 150,151 tokens.
func TestWhatIfOfMember(t *testing.T) {
	more := strings.Repeat("Be kind to whoever wrote them.\n", 50)
	rule, body := "# API\n\nAnswer with JSON.\n", "You review changes.\n"
	_, got := matrix(t, input(t, nil, plantedTree().edit("drafts/api.md", rule+more, "drafts/reviewer.md", reviewerMD+more, "tokengate.yaml", plantedYAML+`variants:
  - {name: rule, template: {.claude/rules/api.md: drafts/api.md}}
  - {name: agent, template: {.claude/agents/reviewer.md: drafts/reviewer.md}}
  - {name: both, template: {.claude/rules/api.md: drafts/api.md, .claude/agents/reviewer.md: drafts/reviewer.md}}
`)))
	ofRule, ofAgent := 8*(o200k(rule+more)-o200k(rule)), 2*(o200k(body+more)-o200k(body))
	for name, tokens := range map[string]int64{"rule": ofRule, "agent": ofAgent, "both": ofRule + ofAgent} {
		near(t, name, outlook(t, got[name], "").TokensEffect.Ratio, float64(tokens)/150_151, 1e-6)
	}
}

// A file is sent at the time that the tree says, and what the main conversation is told of a subagent at launch; the text
// of an application's prompt with every call.
func TestWhen(t *testing.T) {
	rep := check(t, input(t, nil, plantedTree().edit("prompts/a.md", answerMD, "docs/style.md", styleMD, ".claude/rules/go.md", "---\npaths: [\"**/*.go\"]\n---\nShort.\n@../../docs/style.md\n",
		".claude/skills/deploy/SKILL.md", "---\ndescription: Deploys\n---\nSteps.\n", "tokengate.yaml", plantedYAML+"templates: [CLAUDE.md, prompts/*.md, .claude/rules/go.md, .claude/skills/deploy/SKILL.md]\n")))
	got := map[string]string{}
	for _, f := range rep.Files {
		got[f.Path] = f.When
		for _, s := range f.Sections {
			if s.When != "" {
				got[f.Path+" "+s.Heading] = s.When
			}
		}
	}
	want := map[string]string{"CLAUDE.md": "launch", ".claude/rules/api.md": "launch", ".claude/rules/go.md": "lazy", "docs/style.md": "lazy", "prompts/a.md": "call",
		".claude/agents/reviewer.md": "spawn", ".claude/agents/reviewer.md (listing)": "launch",
		".claude/skills/deploy/SKILL.md": "invocation", ".claude/skills/deploy/SKILL.md (listing)": "launch"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
