package promptfoo

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/evals"
)

// tree makes a file system of names and contents.
func tree(of ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i+1 < len(of); i += 2 {
		fsys[of[i]] = &fstest.MapFile{Data: []byte(of[i+1])}
	}
	return fsys
}

// What a configuration calls, each case counted by hand.
func TestLoad(t *testing.T) {
	cases := []struct {
		name, config   string
		files          []string
		calls, graders int64
		want           string // open things and diagnostics, by what they say
	}{
		{"product", "prompts: [A, B]\nproviders: [openai:gpt-4.1, openai:o3]\ntests: [{vars: {a: 1}}, {vars: {a: 2}}]", nil, 8, 0, ""},
		{"no test is one", "prompts: A\nproviders: openai:gpt-4.1", nil, 1, 0, ""},
		{"targets", "prompts: A\ntargets: [openai:gpt-4.1]", nil, 1, 0, ""},
		{"a text twice is one prompt, objects are two", "prompts: [A, A, {raw: B, label: x}, {raw: B, label: y}]\nproviders: openai:gpt-4.1", nil, 3, 0, ""},
		{"lists multiply", "prompts: A\nproviders: openai:gpt-4.1\ntests: [{vars: {a: [x, y, z], b: [u, v], c: [1, 2]}}]", nil, 6, 0, ""},
		{"lists stay whole", "prompts: A\nproviders: openai:gpt-4.1\ntests: [{vars: {a: [x, y]}, options: {disableVarExpansion: true}}]", nil, 1, 0, ""},
		{"repeats", "prompts: A\nproviders: openai:gpt-4.1\nevaluateOptions: {repeat: 3}\ntests: [{vars: {}}, {vars: {}, options: {repeat: 5}}]", nil, 8, 0, ""},
		{"filters", "prompts: [{raw: A, label: a}, {raw: B, label: b}]\nproviders: [{id: openai:gpt-4.1, label: x, prompts: [a]}, {id: openai:o3, label: y}]\ntests: [{vars: {}, prompts: [a]}, {vars: {}, providers: [y]}]", nil, 4, 0, ""},
		{"given outputs", "prompts: A\nproviders: openai:gpt-4.1\ntests: [{providerOutput: hi, assert: [{type: llm-rubric, value: x}]}]", nil, 0, 1, ""},
		{"scenarios", "prompts: A\nproviders: openai:gpt-4.1\nscenarios: [{config: [{vars: {a: 1}}, {vars: {a: 2}}], tests: [{vars: {b: 1}}, {vars: {b: 2}}, {vars: {b: 3}}]}]", nil, 6, 0, ""},
		{"graders", "prompts: [A, B]\nproviders: openai:gpt-4.1\ntests: [{assert: [{type: select-best, value: x}, {type: similar, value: [a, b]}, {type: not-llm-rubric, value: x}, {type: context-faithfulness}]}]", nil, 2, 1 + 8 + 2 + 4, ""},
		{"templates of assertions", "assertionTemplates: {kind: {type: llm-rubric, value: x}}\nprompts: A\nproviders: openai:gpt-4.1\ntests: [{assert: [{$ref: '#/assertionTemplates/kind'}]}]", nil, 1, 1, ""},
		{"files of tests", "prompts: file://p.txt\nproviders: openai:gpt-4.1\ntests: [file://t/*.yaml, t.csv, t.jsonl]",
			[]string{"p.txt", "A {{q}}\n---\nB", "t/1.yaml", "- vars: {q: 1}\n- vars: {q: 2}", "t/2.yaml", "vars: {q: 3}", "t.csv", "q,__expected\nx,\"llm-rubric: y\"\n", "t.jsonl", "{\"vars\":{\"q\":4}}\n"}, 10, 2, ""},
		{"scripts", "prompts: [p.py:f, 'exec:./p', 'langfuse://x']\nproviders: [python:p.py, anthropic:claude-agent-sdk]\ntests: gen.js", nil, 0, 0,
			"anthropic:claude-agent-sdk makes as many calls as it likes for one prompt: one is counted; prompt exec:./p is made by a program, which is not run; prompt langfuse://x is held by a service, which is not asked; prompt p.py:f is made by a script, which is not run; tests of gen.js are made by a script, which is not run"},
		{"outside", "prompts: file://../secret.txt\nproviders: openai:gpt-4.1", nil, 1, 0,
			"error promptfooconfig.yaml:1:10: \"../secret.txt\" is not a path inside the project [promptfoo-file]; prompt ../secret.txt can not be read"},
		{"too large", "prompts: A\nproviders: openai:gpt-4.1\nevaluateOptions: {repeat: 1000000}", nil, 0, 0,
			"error promptfooconfig.yaml:1:1: the run makes more than 100000 calls or renders more than 20000 prompts [promptfoo-too-large]"},
		{"unknown assertion", "prompts: A\nproviders: openai:gpt-4.1\ntests: [{assert: [{type: llm-rubrik}]}]", nil, 1, 0,
			"warning promptfooconfig.yaml:3:19: assertion \"llm-rubrik\" is not known: if a model judges it, these calls are not counted [promptfoo-assertion]"},
		{"unknown filter", "prompts: A\nproviders: openai:gpt-4.1\ntests: [{vars: {}, providers: [openai:gpt-5]}]", nil, 0, 0,
			"error promptfooconfig.yaml:3:32: provider \"openai:gpt-5\" is not listed, so the test does not run on it [promptfoo-filter]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, diags := Load(tree(append(c.files, "promptfooconfig.yaml", c.config)...), "promptfooconfig.yaml", Options{})
			least, most := s.Grading()
			if s.Total() != c.calls || most != c.graders && least != c.graders {
				t.Errorf("%d calls, %d to %d graders: %s", s.Total(), least, most, s.Formula())
			}
			var said []string
			for _, d := range diags {
				said = append(said, d.Severity.String()+" "+d.String())
			}
			for _, o := range s.Open {
				said = append(said, o.What)
			}
			for _, w := range strings.Split(c.want, "; ") {
				if w != "" && !strings.Contains(strings.Join(said, "; "), w) {
					t.Errorf("nothing says %q:\n%s", w, strings.Join(said, "\n"))
				}
			}
			if c.want == "" && len(said) > 0 {
				t.Errorf("said %s", strings.Join(said, "\n"))
			}
		})
	}
}

// What is sent, as promptfoo renders it.
func TestRendered(t *testing.T) {
	cases := []struct{ name, prompt, vars, options, want string }{
		{"text", "Say {{ a }}.", "{a: hi}", "{}", "user: Say hi."},
		{"numbers and switches", "{{a}} {{b}} {{c}}", "{a: 3.0, b: true, c: 0.5}", "{}", "user: 3 true 0.5"},
		{"not there", "[{{gone}}]", "{}", "{}", "user: []"},
		{"logic", "{% for x in a %}{{ loop.index }}{{ x.n }} {% endfor %}", "{a: [{n: p}, {n: q}]}", "{}", "user: 1p 2q "},
		{"no escaping", "{{a}}", "{a: '<b> & \"c\"'}", "{}", "user: <b> & \"c\""},
		{"variables in variables", "{{a}}", "{a: 'x {{b}}', b: y}", "{}", "user: x y"},
		{"around", "A", "{}", "{prefix: 'P ', suffix: ' S'}", "user: P A S"},
		{"messages", `[{"role": "system", "content": "Be {{a}}"}, {"role": "user", "content": "{{b}}"}]`, "{a: short, b: \"q \\\"r\\\"\"}", "{}", "system: Be short\nuser: q \"r\""},
		{"messages in YAML", "- role: user\n  content: {{a}}\n", "{a: hi}", "{}", "user: hi"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fsys := tree("p.md", c.prompt, "promptfooconfig.yaml", "prompts: file://p.md\nproviders: openai:gpt-4.1\ntests: [{vars: "+c.vars+", options: "+c.options+"}]")
			s, diags := Load(fsys, "promptfooconfig.yaml", Options{})
			if len(diags) > 0 || len(s.Inputs) != 1 || s.Inputs[0].Why != "" {
				t.Fatalf("%v %+v", diags, s.Inputs)
			}
			var got []string
			for _, m := range s.Inputs[0].Body.Messages {
				got = append(got, m.Role+": "+strings.Join(m.Text, "|"))
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Which assertions are limits: those that must hold, and say how much.
func TestLimits(t *testing.T) {
	for assert, want := range map[string]int{
		"{type: cost, threshold: 0.01}":                                               1,
		"{type: latency, threshold: 3000}":                                            1,
		"{type: not-cost, threshold: 0.01}":                                           0,
		"{type: cost, threshold: 0.01, weight: 0}":                                    0,
		"{type: assert-set, assert: [{type: cost, threshold: 0.01}]}":                 1,
		"{type: assert-set, threshold: 0.5, assert: [{type: cost, threshold: 0.01}]}": 0,
	} {
		s, diags := Load(tree("c.yaml", "prompts: A\nproviders: openai:gpt-4.1\ntests: [{assert: ["+assert+"]}]"), "c.yaml", Options{})
		if len(s.Limits) != want || len(diags) > 0 {
			t.Errorf("%s: %+v %v", assert, s.Limits, diags)
		}
	}
	s, _ := Load(tree("c.yaml", "prompts: A\nproviders: openai:gpt-4.1\ntests: t.csv", "t.csv", "q,__expected,__expected2\nx,cost(0.02),latency: \n"), "c.yaml", Options{})
	if len(s.Limits) != 2 || s.Limits[0].Value != 0.02 || s.Limits[1].Metric != evals.Latency || s.Limits[1].Value != 0.75 {
		t.Errorf("a table: %+v", s.Limits)
	}
}

func TestModelOf(t *testing.T) {
	for id, want := range map[string]string{
		"openai:gpt-4.1": "openai/gpt-4.1", "openai:chat:gpt-4.1": "openai/gpt-4.1", "anthropic:messages:claude-opus-4-7": "anthropic/claude-opus-4-7",
		"bedrock:us.anthropic.claude-sonnet-4-6-v1:0": "bedrock/us.anthropic.claude-sonnet-4-6-v1:0", "azure:embeddings:text-embedding-3-large": "azure/text-embedding-3-large",
		"echo": "", "python:x.py": "", "https://example.com/api": "", "ollama:chat:llama3": "", "openai:chat": "", "file://provider.js": "",
	} {
		if got := modelOf(id); got.model != want {
			t.Errorf("%s is %q, want %q", id, got.model, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, c := range []string{"prompts: [A, 'file://*.txt']\nproviders: [{openai:gpt-4.1: {config: {max_tokens: 9}}}]\ntests: [{vars: {a: &x [p, q], b: *x}}]\n<<: {env: {A: b}}",
		"prompts: {a.txt: x}\nproviders: file://c.yaml\nscenarios: [{config: [{vars: {}}]}]", "prompts: ['{% for i in range(999999) %}{% for j in range(999) %}x{% endfor %}{% endfor %}']\nproviders: x",
		"a: &a [*a]", "prompts: [[{role: user}]]\nproviders: openai:gpt-4.1\ntests: [{assert: [{$ref: '#/tests/0/assert/0'}]}]"} {
		f.Add(c, "q,__expected\n1,\"x\"\n")
	}
	f.Fuzz(func(t *testing.T, config, table string) {
		fsys := tree("c.yaml", config, "a.txt", "A {{a}}", "t.csv", table)
		Is("c.yaml", []byte(config))
		s, diags := Load(fsys, "c.yaml", Options{MaxCalls: 200})
		if s == nil && !diags.HasErrors() {
			t.Error("nothing is read and nothing said")
		}
		if s != nil && s.Total() > 200 {
			t.Errorf("%d calls", s.Total())
		}
		l := &loader{fsys: fsys, suite: &evals.Suite{}}
		for _, v := range l.csvTests("t.csv", []byte(table)) {
			if v.at.Start.Line == 0 {
				t.Error("a test without a place")
			}
		}
	})
}

// Renderings that are each within bounds may not take hours together: after so many steps the rest is said not to be known.
func TestAllRenderings(t *testing.T) {
	var tests strings.Builder
	for range 1000 {
		tests.WriteString("- vars: {a: 1}\n")
	}
	fsys := tree("promptfooconfig.yaml", "prompts: ['{% for i in range(5000) %}x{% endfor %}']\nproviders: openai:gpt-4.1\ntests: file://t.yaml\n", "t.yaml", tests.String())
	s, diags := Load(fsys, "promptfooconfig.yaml", Options{})
	if s == nil {
		t.Fatal(diags)
	}
	known := 0
	for _, in := range s.Inputs {
		if in.Why == "" {
			known++
		}
	}
	last := s.Inputs[len(s.Inputs)-1]
	if known == 0 || known > 500 || !strings.Contains(last.Why, "rendering the prompts of one run takes more than 4000000 steps") {
		t.Errorf("%d of %d prompts are known; the last: %q", known, len(s.Inputs), last.Why)
	}
}
