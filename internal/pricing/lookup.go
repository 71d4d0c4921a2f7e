package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// UnknownModelError says that a name has no price. The run cannot price what it names; nothing is assumed.
type UnknownModelError struct {
	Name      string
	Near      []string // at most three canonical ids: nearest names first, or the hosts to choose from
	Ambiguous bool     // several hosts offer the model at different prices, and none of them made it
}

func (e *UnknownModelError) Error() string {
	name := e.Name
	if len(name) > 80 {
		name = name[:80] + "…"
	}
	switch near := strings.Join(e.Near, ", "); {
	case e.Ambiguous:
		return fmt.Sprintf("model %q is offered at different prices; name the provider, as in %s", name, near)
	case near != "":
		return fmt.Sprintf("model %q is not in the price catalogue; the nearest names are %s", name, near)
	}
	return fmt.Sprintf("model %q is not in the price catalogue", name)
}

// found is a row and what the name asked of it.
type found struct {
	row    *row
	region string
	times  decimal.Decimal // the region's multiplier
	note   string
	host   string // the host that was named, when the row is its vendor's
}

// id is the name that finds the same price again.
func (f found) id() string {
	switch {
	case f.region == "" || f.times.Equal(one):
		return f.row.ID
	case f.host != "":
		return f.hosted()
	}
	return f.row.provider + "/" + f.region + f.row.name
}

// hosted is the id of the price itself, also where it is another row's.
func (f found) hosted() string {
	switch f.host {
	case "":
		return f.row.provider + "/" + f.region + f.row.name
	case "bedrock":
		return "bedrock/" + f.region + f.row.provider + "." + f.row.name
	}
	return f.host + "/" + f.region + f.row.name
}

// vendorPriced are the hosts that list their vendors' prices, for models they carry before the catalogue has them.
var vendorPriced = map[string]map[string]string{
	"bedrock": {"anthropic": "claude-"},
	"vertex":  {"anthropic": "claude-", "google": "gemini-"},
}

func (c *Catalog) find(name string) (found, error) {
	if len(name) > 400 { // no model is called that, and the work below grows with the length
		return found{}, &UnknownModelError{Name: name}
	}
	asked := spelling{name: strings.ToLower(strings.TrimSpace(name))}
	if r, ok := c.index.byID[asked.name]; ok {
		return found{row: r, times: one}, nil
	}
	// Most names are a row's own; the readings below cost ten times as much to list.
	if !asked.saysProvider() {
		if f, ok, err := c.index.match(asked, name); ok || err != nil {
			return f, err
		}
	}
	tried := spellings(name)
	for _, s := range tried {
		if f, ok, err := c.index.match(s, name); ok || err != nil {
			return f, err
		}
	}
	for _, s := range tried {
		if f, ok := c.index.matchVendor(s); ok {
			return f, nil
		}
	}
	return found{}, &UnknownModelError{Name: name, Near: c.index.near(tried)}
}

// match finds a row that is called exactly as s spells it.
func (x *index) match(s spelling, asked string) (found, bool, error) {
	folded := fold(s.name)
	var short []*row
	if r := x.bedrock[folded]; s.provider == "bedrock" && r != nil {
		short = []*row{r}
	}
	for _, rows := range [][]*row{x.byName[s.name], x.folded[folded], x.folded[reordered(folded)], short} {
		r, rivals := best(rows, s)
		if len(rivals) > 0 {
			return found{}, false, &UnknownModelError{Name: asked, Near: rivals, Ambiguous: true}
		}
		if r == nil {
			continue
		}
		if times, ok := r.multiplier(s.region); ok {
			return found{row: r, region: s.region, times: times}, true, nil
		}
	}
	return found{}, false, nil
}

// matchVendor answers for a host with the vendor's own row.
func (x *index) matchVendor(s spelling) (found, bool) {
	for _, vendor := range []string{"anthropic", "google"} {
		family, ok := vendorPriced[s.provider][vendor]
		if !ok || !strings.HasPrefix(s.name, family) {
			continue
		}
		f, ok, _ := x.match(spelling{vendor, "", s.name}, s.name)
		if !ok {
			continue
		}
		f.note = fmt.Sprintf("no price of %s is known for this model; %s's list price is used", s.provider, vendor)
		f.region, f.host = s.region, s.provider
		if s.region != "" && s.region != global {
			f.times = regional
		}
		return f, s.region == "" || strings.HasSuffix(s.region, ".")
	}
	return found{}, false
}

const global = "global."

// regional is what Bedrock's regional profiles of Claude cost, from version 4.5 on, times the global price.
var regional = decimal.New(11, -1)

// multiplier is what a region multiplies the row's prices by. A cross-region profile the row does not list costs what
// its dearest one does; a data zone it does not list has no known price.
func (r *row) multiplier(region string) (decimal.Decimal, bool) {
	times := one
	if p, ok := r.Regions[region]; ok {
		return p.d, true
	}
	if region == "" || region == global {
		return times, true
	}
	if strings.HasSuffix(region, "/") {
		return times, false
	}
	for prefix, p := range r.Regions {
		if strings.HasSuffix(prefix, ".") && p.d.GreaterThan(times) {
			times = p.d
		}
	}
	return times, true
}

// makers are the providers that price their own models, in the order a bare name is looked for. All others are hosts of
// models that others made.
var makers = []string{
	"anthropic", "openai", "google", "mistral", "xai", "deepseek", "cohere", "moonshot", "qwen", "zai", "minimax", "voyage", "jina",
}

func rank(provider string) int {
	if i := slices.Index(makers, provider); i >= 0 {
		return i
	}
	return len(makers)
}

// best chooses among rows of one name: an alias given by an override file, then the model's maker, then an override
// before a builtin row, a row's own name before an alias, and last the order of ids. Hosts that differ in price are
// rivals, and none is chosen.
func best(rows []*row, s spelling) (*row, []string) {
	fit := make([]*row, 0, 8)
	for _, r := range rows {
		if s.provider == "" || r.provider == s.provider {
			fit = append(fit, r)
		}
	}
	if len(fit) == 0 {
		return nil, nil
	}
	order := func(r *row) [4]int {
		return [4]int{no(r.claims[s.name]), rank(r.provider), no(r.origin != originBuiltin), no(strings.EqualFold(r.name, s.name))}
	}
	slices.SortStableFunc(fit, func(a, b *row) int {
		x, y := order(a), order(b)
		return cmp.Or(slices.Compare(x[:], y[:]), strings.Compare(a.ID, b.ID))
	})
	first := fit[0]
	if s.provider != "" || first.claims[s.name] || rank(first.provider) < len(makers) {
		return first, nil
	}
	return first, rivals(fit)
}

// rivals lists hosts' rows when their standard prices differ.
func rivals(hosts []*row) []string {
	var ids []string
	differ := false
	for _, r := range hosts {
		ids = append(ids, r.ID)
		differ = differ || !r.Price.equal(hosts[0].Price)
	}
	if !differ {
		return nil
	}
	return ids[:min(len(ids), 3)]
}

func (s sheet) equal(t sheet) bool {
	same := func(p, q price) bool { return p.set == q.set && p.d.Equal(q.d) }
	return same(s.Input, t.Input) && same(s.Output, t.Output) && same(s.CacheRead, t.CacheRead) &&
		same(s.CacheWrite5m, t.CacheWrite5m) && same(s.CacheWrite1h, t.CacheWrite1h)
}

func no(b bool) int {
	if b {
		return 0
	}
	return 1
}
