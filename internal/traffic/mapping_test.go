package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/source"
)

// rule makes a rule that stands on a line: when is "fact=pattern|pattern", set is "field=value", "!" is override.
func rule(line int, when string, set ...string) MapRule {
	at := func(col int) source.Span {
		return source.Span{File: "tokengate.yaml", Start: source.Pos{Line: line, Col: col}}
	}
	r := MapRule{Span: at(5)}
	for i, w := range strings.Fields(when) {
		name, patterns, _ := strings.Cut(w, "=")
		e := source.Entry[[]source.At[string]]{Key: source.Of(name, at(20+i))}
		for _, p := range strings.Split(patterns, "|") {
			e.Value = append(e.Value, source.Of(p, at(30+i)))
		}
		r.When = append(r.When, e)
	}
	for i, s := range set {
		if s == "!" {
			r.Override = true
			continue
		}
		field, value, _ := strings.Cut(s, "=")
		r.Set = append(r.Set, MapValue{field, source.Of(value, at(40+i))})
	}
	return r
}

func mustMap(tb testing.TB, rules ...MapRule) Mapping {
	tb.Helper()
	m, diags := NewMapping(rules)
	if len(diags) > 0 {
		tb.Fatal(diags)
	}
	return m
}

// mapped applies rules to a call of which a reader has told facts, "name=value" each.
func mapped(tb testing.TB, m Mapping, src Source, c Call, facts ...string) Call {
	tb.Helper()
	f := newFile(src)
	f.opts.Map, f.dialect, f.facts = m, "otlp", m.needsFacts()
	r := record{call: c}
	for _, x := range facts {
		name, value, _ := strings.Cut(x, "=")
		f.tell(&r, name, value, "key")
	}
	f.mapping(&r)
	return r.call
}

func TestMapping(t *testing.T) {
	answer := rule(1, "name=rag.answer*", "track=answer")
	for _, c := range []struct {
		name  string
		rules []MapRule
		call  Call
		facts []string
		want  Call
	}{
		{"a span's name", []MapRule{answer}, Call{}, []string{"name=rag.answer.stream"}, Call{Track: "answer"}},
		{"another name", []MapRule{answer}, Call{}, []string{"name=rag.plan"}, Call{}},
		{"no name", []MapRule{answer}, Call{}, nil, Call{}},
		{"any user, where there is none", []MapRule{rule(1, "user=*", "track=x"), rule(2, "template=**", "track=y")}, Call{}, nil, Call{}},
		{"any model, where there is none", []MapRule{rule(1, "model=*", "track=x"), rule(2, "path=**", "track=y")}, Call{}, nil, Call{}},
		{"what the record says stays", []MapRule{answer}, Call{Track: "agent-7"}, []string{"name=rag.answer"}, Call{Track: "agent-7"}},
		{"unless the rule overrides it", []MapRule{rule(1, "name=rag.*", "track=answer", "!")}, Call{Track: "agent-7"}, []string{"name=rag.answer"}, Call{Track: "answer"}},
		{"overriding with nothing", []MapRule{rule(1, "name=rag.*", "track={prompt}", "!")}, Call{Track: "agent-7"}, []string{"name=rag.answer"}, Call{Track: "agent-7"}},
		{"all conditions", []MapRule{rule(1, "name=a model=gpt-*", "track=x")}, Call{Model: "claude"}, []string{"name=a"}, Call{Model: "claude"}},
		{"one of the patterns", []MapRule{rule(1, "name=a|b", "track=x")}, Call{}, []string{"name=b"}, Call{Track: "x"}},
		{"one of the tags", []MapRule{rule(1, "tag=env:prod", "track=x")}, Call{}, []string{"tag=eu", "tag=env:prod"}, Call{Track: "x"}},
		{"two conditions on different tags", []MapRule{rule(1, "tag=eu", "track=x"), rule(2, "tag=env:*", "feature=y")}, Call{}, []string{"tag=eu", "tag=env:prod"}, Call{Track: "x", Feature: "y"}},
		{"the first rule holds", []MapRule{rule(1, "name=*", "track=x"), rule(2, "name=*", "track=y", "feature=z")}, Call{}, []string{"name=a"}, Call{Track: "x", Feature: "z"}},
		{"also against one that overrides", []MapRule{rule(1, "name=*", "track=x"), rule(2, "name=*", "track=y", "!")}, Call{}, []string{"name=a"}, Call{Track: "x"}},
		{"a rule sees earlier ones", []MapRule{rule(1, "name=*", "track=x"), rule(2, "track=x", "feature=z")}, Call{}, []string{"name=a"}, Call{Track: "x", Feature: "z"}},
		{"but not later ones", []MapRule{rule(2, "track=x", "feature=z"), rule(1, "name=*", "track=x")}, Call{}, []string{"name=a"}, Call{Track: "x"}},
		{"facts in a value", []MapRule{rule(1, "name=*", "user={metadata.tenant}/{metadata.user}", "session={id}")}, Call{ID: "i"}, []string{"name=a", "metadata.user=u", "metadata.tenant=t"}, Call{ID: "i", User: "t/u", Session: "i"}},
		{"a missing fact leaves the field to the next rule", []MapRule{rule(1, "name=*", "user=u-{metadata.user}"), rule(2, "name=*", "user=nobody")}, Call{}, []string{"name=a"}, Call{User: "nobody"}},
		{"the first of several values", []MapRule{rule(1, "name=*", "user={metadata.user}")}, Call{}, []string{"name=a", "metadata.user=u", "metadata.user=v"}, Call{User: "u"}},
		{"template and version", []MapRule{rule(1, "prompt=answer", "template=prompts/{prompt}.md", "template_version={prompt_version}")}, Call{}, []string{"prompt=answer", "prompt_version=3"}, Call{Template: "prompts/answer.md", TemplateVersion: "3"}},
		{"dialect and file", []MapRule{rule(1, "dialect=otlp file=traffic/eu-*", "track=eu")}, Call{}, nil, Call{Track: "eu"}},
		{"another dialect", []MapRule{rule(1, "dialect=native|lite* file=traffic/eu-*", "track=eu")}, Call{}, nil, Call{}},
		{"another file", []MapRule{rule(1, "dialect=otlp file=eu-*", "track=eu")}, Call{}, nil, Call{}},
		{"a fact told under the name of a field is the field's", []MapRule{rule(1, "track=raw", "feature=x")}, Call{Track: "kept"}, []string{"track=raw"}, Call{Track: "kept"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mapped(t, mustMap(t, c.rules...), Source{Name: "traffic/eu-1.json"}, c.call, c.facts...)
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Rules come before defaults, which fill what is left, and do not see them.
func TestMappingBeforeDefaults(t *testing.T) {
	m := mustMap(t, rule(1, "name=a", "track=x"), rule(2, "track=d", "feature=never"))
	src := Source{Name: "f", Defaults: Defaults{Track: "d", Feature: "e", Model: "m"}}
	if diff := gocmp.Diff(Call{Track: "x", Feature: "e", Model: "m"}, mapped(t, m, src, Call{}, "name=a")); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(Call{Track: "d", Feature: "e", Model: "m"}, mapped(t, m, src, Call{}, "name=b")); diff != "" {
		t.Error(diff)
	}
}

func TestMappingRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		rule MapRule
		want string
	}{
		{"a mistyped fact", rule(3, "nmae=a", "track=x"), `tokengate.yaml:3:20: unknown fact "nmae" in a map rule [unknown-key] did you mean "name"?`},
		{"bare metadata", rule(3, "metadata.=a", "track=x"), `tokengate.yaml:3:20: unknown fact "metadata." in a map rule [unknown-key] `},
		{"metadata without its prefix", rule(3, "customer_tier=a", "track=x"), `tokengate.yaml:3:20: unknown fact "customer_tier" in a map rule [unknown-key] write metadata.customer_tier for`},
		{"no conditions", rule(3, "", "track=x"), `tokengate.yaml:3:5: a map rule has no conditions [map-rule] say which calls`},
		{"nothing set", rule(3, "name=a"), `tokengate.yaml:3:5: a map rule sets nothing [map-rule] set one of track, feature`},
		{"an empty pattern", rule(3, "name=", "track=x"), `tokengate.yaml:3:30: an empty pattern for name [map-rule] write "*"`},
		{"a broken glob", rule(3, "file=a[", "track=x"), `tokengate.yaml:3:30: "a[" is not a valid glob [map-rule] close`},
		{"a mistyped dialect", rule(3, "dialect=otpl", "track=x"), `tokengate.yaml:3:30: there is no dialect "otpl" [map-rule] did you mean "otlp"?`},
		{"an empty value", rule(3, "name=a", "track="), `tokengate.yaml:3:40: an empty value [map-rule] `},
		{"a mistyped fact in a value", rule(3, "name=a", "user={modle}"), `tokengate.yaml:3:40: there is no fact "modle" to take a value from [map-rule] did you mean "model"?`},
		{"an open brace", rule(3, "name=a", "user={model"), `tokengate.yaml:3:40: the braces of "{model" do not match [map-rule] `},
		{"a closing brace", rule(3, "name=a", "user=model}"), `tokengate.yaml:3:40: the braces of "model}" do not match [map-rule] `},
		{"a brace in a brace", rule(3, "name=a", "user={{model}}"), `tokengate.yaml:3:40: there is no fact "{model" to take a value from [map-rule] `},
		{"empty braces", rule(3, "name=a", "user={}"), `tokengate.yaml:3:40: there is no fact "" to take a value from [map-rule] `},
		{"a tag as a value", rule(3, "name=a", "user={tag}"), `tokengate.yaml:3:40: a call may have several tags`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diags := NewMapping([]MapRule{c.rule})
			if len(diags) == 0 || !strings.HasPrefix(diags[0].String()+" "+diags[0].Hint, c.want) || diags[0].Severity != source.Error {
				t.Errorf("got\n%v\nwant\n%s", diags, c.want)
			}
		})
	}
}

// FuzzMapping takes values and names as users write them: compiling must not fail otherwise than by a diagnostic, and
// what was compiled can be applied.
func FuzzMapping(f *testing.F) {
	f.Add("name", "rag.*", "{metadata.a}-{model}")
	f.Add("metadata.x", "?", "}{")
	f.Add("file", "[", "{}")
	f.Fuzz(func(t *testing.T, fact, pattern, value string) {
		r := MapRule{Set: []MapValue{{"user", source.Of(value, source.Span{})}}}
		r.When = source.Map[[]source.At[string]]{{Key: source.Of(fact, source.Span{}), Value: []source.At[string]{source.Of(pattern, source.Span{})}}}
		m, diags := NewMapping([]MapRule{r})
		if diags.HasErrors() {
			return
		}
		c := mapped(t, m, Source{Name: "f"}, Call{Model: "m", ID: "i"}, fact+"=v", "metadata.a=w")
		if !strings.Contains(value, "{") && c.User != "" && c.User != value {
			t.Errorf("a value without a fact: %q gave %q", value, c.User)
		}
	})
}

func nativeFile(lines ...string) fstest.MapFS {
	return fstest.MapFS{"a.jsonl": {Data: []byte(strings.Join(lines, "\n"))}}
}

func nativeLineOf(id, rest string) string {
	return fmt.Sprintf(`{"ts":"2026-05-01T00:00:00Z","id":%q,"model":"m","usage":{"input":1,"output":2}%s}`, id, rest)
}

// A rule that does nothing in a whole reading is named; in a reading without calls there is nothing to say.
func TestMappingUnused(t *testing.T) {
	m := mustMap(t, rule(1, "model=m", "track=x"), rule(2, "model=other", "track=y"), rule(3, "model=m", "track=z"), rule(4, "dialect=otlp", "track=o"))
	_, diags, err := Read([]Source{{FS: nativeFile(nativeLineOf("1", "")), Path: "a.jsonl"}}, Options{Map: m})
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprintf("%s %.57s", d.Severity, d))
	}
	want := []string{"info tokengate.yaml:2:5: the map rule matches no recorded call", "info tokengate.yaml:3:5: the map rule matches calls, but sets ", "info tokengate.yaml:4:5: the map rule matches no recorded call"}
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	_, diags, err = Read([]Source{{FS: fstest.MapFS{"a.jsonl": {}}, Path: "a.jsonl"}}, Options{Map: m})
	if len(diags) != 1 || diags[0].Rule != ruleEmpty || err != nil {
		t.Error(diags, err)
	}
}

// What a mapping gives does not depend on how calls are spread over files, nor on the order of these.
func TestMappingAcrossFiles(t *testing.T) {
	m := mustMap(t, rule(1, "model=m session=s-1*", "track=x"), rule(2, "model=*", "track=y", "user={session}"))
	read := func(sizes ...int) map[string]int {
		root, at := fstest.MapFS{}, 0
		var srcs []Source
		for i, n := range sizes {
			var lines []string
			for range n {
				lines = append(lines, nativeLineOf(fmt.Sprint(at), fmt.Sprintf(`,"session":"s-%d"`, at)))
				at++
			}
			name := fmt.Sprintf("%d.jsonl", i)
			root[name] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
			srcs = append(srcs, Source{FS: root, Path: name})
		}
		slices.Reverse(srcs)
		rec, diags, err := Read(srcs, Options{Map: m})
		if err != nil || len(diags) > 0 {
			t.Fatal(diags, err)
		}
		tracks := map[string]int{}
		for _, c := range rec.Calls {
			tracks[c.Track+" "+c.User]++
		}
		return tracks
	}
	whole := read(30)
	if len(whole) != 30 || whole["x s-19"] != 1 || whole["y s-20"] != 1 { // the second rule names the user of both
		t.Errorf("%d groups: %v", len(whole), slices.Sorted(maps.Keys(whole)))
	}
	if diff := gocmp.Diff(whole, read(3, 20, 7)); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkMapping is 20 rules of two conditions on a call with eight facts; the last one matches.
func BenchmarkMapping(b *testing.B) {
	for _, when := range []string{"name=*.step-%d tag=env:*", "name=r*g.*.step?%d tag=env:*", "path=/v1/**/chat-%d tag=env:*"} {
		b.Run(when, func(b *testing.B) { benchmarkMapping(b, when) })
	}
}

func benchmarkMapping(b *testing.B, when string) {
	var rules []MapRule
	for i := range 20 {
		rules = append(rules, rule(i, fmt.Sprintf(when, i), fmt.Sprintf("track=t%d", i), "user={metadata.user}"))
	}
	m := mustMap(b, rules...)
	f := newFile(Source{Name: "f"})
	f.opts.Map, f.dialect, f.facts = m, "otlp", true
	facts := []Fact{{"name", "rag.pipeline.step-19", ""}, {"tag", "eu", ""}, {"tag", "env:prod", ""}, {"metadata.user", "u-1", ""}, {"path", "/v1/azure/eu/chat-19", ""}, {"provider", "openai", ""}, {"operation", "chat", ""}, {"metadata.build", "7", ""}}
	call := Call{Time: time.Unix(0, 0), Model: "m"}
	b.ReportAllocs()
	for b.Loop() {
		r := record{call: call, facts: facts}
		f.mapping(&r)
		if r.call.Track == "" {
			b.Fatal(r.call)
		}
	}
}

// What one record says is nothing the next one says, and no record keeps its facts once the rules have acted on them.
func TestMappingForgets(t *testing.T) {
	m := mustMap(t, rule(1, "name=a", "track=x"), rule(2, "tag=t", "user={metadata.user}"))
	f := newFile(Source{Name: "f"})
	f.opts.Map, f.dialect, f.facts = m, "otlp", true
	c := Call{Time: time.Unix(0, 0), Model: "m"}
	f.accept(record{call: c, facts: []Fact{{Name: "name", Value: "a"}, {Name: "tag", Value: "t"}, {Name: "metadata.user", Value: "u"}}}, 1)
	f.accept(record{call: c}, 2)
	f.accept(record{call: c, facts: []Fact{{Name: "tag", Value: "t"}}}, 3)
	var got []string
	for _, r := range f.records {
		got = append(got, fmt.Sprintf("%d %q %q %d", r.call.Place.Line, r.call.Track, r.call.User, len(r.facts)))
	}
	if diff := gocmp.Diff([]string{`1 "x" "u" 0`, `2 "" "" 0`, `3 "" "" 0`}, got); diff != "" {
		t.Error(diff)
	}
}
