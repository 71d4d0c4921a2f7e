package traffic

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/token"
)

// The names of what is read of a request, folded, newest first: of the export, of ClickHouse's columns, and of the GraphQL
// API before it.
var (
	heliconeID      = []string{"requestid", "id"}
	heliconeTime    = []string{"requestcreatedat", "createdat"}
	heliconeModel   = []string{"modeloverride", "responsemodel", "model", "requestmodel"}
	heliconeUser    = []string{"requestuserid", "userid", "user"}
	heliconeStatus  = []string{"responsestatus", "status"}
	heliconeLatency = []string{"delayms", "latency"}
	heliconePath    = []string{"requestpath", "targeturl", "path"}
	heliconeProps   = []string{"requestproperties", "properties", "customproperties"}
)

var heliconeNames = func() map[string]bool {
	m := map[string]bool{}
	for _, list := range [][]string{heliconeID, heliconeTime, heliconeModel, heliconeUser, heliconeStatus, heliconeLatency, heliconePath, heliconeProps,
		{"provider", "timetofirsttoken", "prompttokens", "completiontokens", "totaltokens", "promptcachewritetokens", "promptcachereadtokens",
			"promptaudiotokens", "completionaudiotokens", "reasoningtokens", "promptid", "promptversion", "cacheenabled", "cachereferenceid", "cached",
			"updatedat", "data", "heliconerequest"}} {
		for _, n := range list {
			m[n] = true
		}
	}
	return m
}()

// isHelicone looks for requests and lists of them.
func isHelicone(h head) bool {
	for _, o := range h.objects {
		m := map[string]bool{}
		for k := range o {
			m[fold(k)] = true
		}
		if isHeliconeNames(m) || o["data"] && (strings.Contains(h.text, `"request_created_at"`) || strings.Contains(h.text, `"heliconeRequest"`)) {
			return true
		}
	}
	m := map[string]bool{}
	for _, n := range h.header() {
		m[fold(n)] = true
	}
	return isHeliconeNames(m)
}

func isHeliconeNames(m map[string]bool) bool {
	switch {
	case m["calltype"] || m["traceid"]:
		return false
	case m["requestid"] && m["requestcreatedat"]:
		return true
	}
	return m["createdat"] && m["prompttokens"] && (m["customproperties"] || m["requestid"] || m["delayms"])
}

const (
	skipHeliconeHit     = "answered from Helicone's own cache, which costs nothing"
	skipHeliconePending = "a request without a response yet"
)

// noReference is what Helicone writes for a request that was not answered from its cache.
const noReference = "00000000-0000-0000-0000-000000000000"

// readHelicone reads exported requests: an array, JSON lines, the lists of its APIs, or CSV. Costs, bodies and what hides
// behind their URLs are not read.
func readHelicone(f *file, in *input) error {
	if !isTable(in) {
		return f.eachValue(in, func(value []byte, line int) error {
			if err := f.heliconeValue(value, line, 0); err != nil {
				f.reject(line, err)
			}
			return nil
		})
	}
	var names []string
	return f.eachRow(in, func(header []string) error {
		names = slices.Clone(header)
		m := map[string]bool{}
		for _, n := range names {
			m[fold(n)] = true
		}
		if !isHeliconeNames(m) {
			return &fileError{rule: ruleDialect, summary: "the table is none of Helicone's requests", hint: "request_id, request_created_at and the token columns are expected"}
		}
		return nil
	}, func(cells []string, line int) error {
		m, err := rowFields(names, cells, heliconeNames)
		if err == nil {
			err = f.helicone(m, line)
		}
		if err != nil {
			f.reject(line, err)
		}
		return nil
	})
}

// heliconeValue reads one request, or an API's answer that holds a list of them in data, or in data.heliconeRequest.
func (f *file) heliconeValue(value []byte, line, depth int) error {
	m, err := fieldsOf(value, heliconeNames)
	if err != nil {
		return err
	}
	for _, name := range []string{"data", "heliconerequest"} {
		list := m[name].value
		at := line + bytes.Count(value[:max(bytes.Index(value, list), 0)], []byte("\n"))
		switch {
		case depth < 2 && list.Kind() == '{':
			return f.heliconeValue(list, at, depth+1)
		case depth < 3 && list.Kind() == '[':
			return f.heliconeList(list, at)
		}
	}
	return f.helicone(m, line)
}

func (f *file) heliconeList(list []byte, line int) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(list), foreign)
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	seen := 0
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		start := int(d.InputOffset()) - len(v)
		line, seen = line+bytes.Count(list[seen:start], []byte("\n")), start
		m, err := fieldsOf(v, heliconeNames)
		if err == nil {
			err = f.helicone(m, line)
		}
		if err != nil {
			f.reject(line, err)
		}
	}
	return nil
}

// helicone reads one request.
func (f *file) helicone(m fields, line int) (err error) {
	r := record{call: Call{ID: m.text(heliconeID...), Model: f.strings.bytes([]byte(m.text(heliconeModel...))), User: f.strings.bytes([]byte(m.text(heliconeUser...)))}, strict: true}
	c := &r.call
	if c.Usage, err = heliconeUsage(m); err != nil {
		return err
	}
	if reason := heliconeFree(m, c.Usage.Total()); reason != "" {
		f.skip(reason)
		return nil
	}
	switch status := m.text(heliconeStatus...); status {
	case "":
	case "200":
		c.Status = "ok"
	default:
		c.Status = "error"
	}
	if c.Usage.Total() == 0 && c.Status != "error" {
		return bad(noUsage, "an answered request without tokens")
	}
	if c.Time, err = f.utc(m, heliconeTime...); err != nil {
		return err
	}
	if c.Latency, err = m.milliseconds(heliconeLatency...); err != nil {
		return err
	}
	if c.FirstToken, err = m.milliseconds("timetofirsttoken"); err != nil {
		return err
	}
	if r.updated, err = f.utc(m, "updatedat"); err != nil {
		return err
	}
	if err := f.heliconeLabels(&r, m); err != nil {
		return err
	}
	f.accept(r, line)
	return nil
}

// heliconeFree says why a request was never billed, if it was not. Tokens of hits are written as 0.
func heliconeFree(m fields, tokens int64) string {
	reference := m.text("cachereferenceid")
	on := func(name string) bool { v := m.text(name); return v == "1" || strings.EqualFold(v, "true") }
	status := m.text(heliconeStatus...)
	switch {
	case reference != "" && reference != noReference, on("cached"), reference == "" && on("cacheenabled") && tokens == 0 && status == "200":
		return skipHeliconeHit
	case tokens == 0 && (status == "" || status == "0" || status == "-2"):
		return skipHeliconePending
	}
	return ""
}

// heliconeUsage reads the columns of tokens. Helicone takes every provider's usage apart into parts that are beside each
// other and sums their prices up: prompt_tokens without what was read from a cache or written to it, completion_tokens
// without reasoning_tokens, audio apart. Its total leaves the cache out, so that it tells nothing of it; it holds
// reasoning or not. A total beyond all parts means that some are missing. Writes are not told apart by lifetime and count
// as the default of five minutes. Source: Helicone's usage processors and the query behind its export.
func heliconeUsage(m fields) (u token.Usage, err error) {
	var n [8]number
	for i, name := range []string{"prompttokens", "completiontokens", "promptcachereadtokens", "promptcachewritetokens", "reasoningtokens", "promptaudiotokens", "completionaudiotokens", "totaltokens"} {
		if n[i], err = m.number(name); err != nil {
			return u, err
		}
		if n[i].n < 0 || n[i].n > maxTokens {
			return u, inside(m[name].key, bad(impossible, "%d tokens", n[i].n))
		}
	}
	u = token.Usage{Input: n[0].n + n[5].n, CacheRead: n[2].n, CacheWrite5m: n[3].n, Output: n[1].n + n[4].n + n[6].n, Reasoning: n[4].n}
	switch {
	case n[7].n > 0 && u.Total() == 0:
		return u, bad(noUsage, "only a total of %d tokens", n[7].n)
	case n[7].n > u.Total():
		return u, bad(impossible, "a total of %d tokens, but parts of %d", n[7].n, u.Total())
	}
	return u, checkUsage(u)
}

// heliconeLabels reads the caller's properties: labels under our names, and the session.
func (f *file) heliconeLabels(r *record, m fields) error {
	c := &r.call
	for _, name := range heliconeProps {
		props, err := properties(m.embedded(name))
		if err != nil {
			return inside(m[name].key, err)
		}
		for _, p := range props {
			f.heliconeProperty(r, p, m[name].key)
		}
		if len(props) > 0 {
			break
		}
	}
	for _, by := range []struct {
		fact  string
		names []string
	}{{"model", heliconeModel}, {"user", heliconeUser}, {"prompt", []string{"promptid"}}, {"prompt_version", []string{"promptversion"}}, {"path", heliconePath}, {"provider", []string{"provider"}}} {
		value, key := m.find(by.names...)
		f.tell(r, by.fact, value, key)
	}
	for _, s := range []*string{&c.Session, &c.Track, &c.Feature, &c.Template, &c.TemplateVersion} {
		*s = f.strings.bytes([]byte(*s))
	}
	return nil
}

func (f *file) heliconeProperty(r *record, p property, key string) {
	c := &r.call
	key += "." + p.name
	switch strings.ToLower(p.name) {
	case "helicone-session-id":
		c.Session = p.value
		f.tell(r, "session", p.value, key)
	case "helicone-prompt-id":
		f.tell(r, "prompt", p.value, key)
	case "track":
		c.Track = p.value
	case "feature":
		c.Feature = p.value
	case "template":
		c.Template = p.value
	case "template_version":
		c.TemplateVersion = p.value
	}
	f.tell(r, "metadata."+p.name, p.value, key)
}

// property is one of a request's custom properties.
type property struct{ name, value string }

// properties reads an object of them, or the old API's list of names and values, in the order of their names.
func properties(e embedded) (out []property, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(e), []byte("[")) {
		var list []struct {
			Name  text `json:"name"`
			Value text `json:"value"`
		}
		err = e.into(&list, '[')
		for _, p := range list {
			out = append(out, property{string(p.Name), string(p.Value)})
		}
	} else {
		var all map[string]text
		err = e.into(&all, '{')
		for name, value := range all {
			out = append(out, property{name, string(value)})
		}
	}
	slices.SortFunc(out, func(a, b property) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	return out, err
}
