package pricing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// index finds rows by what they are called.
type index struct {
	byID    map[string]*row   // full id, lower case
	byName  map[string][]*row // name without provider, and aliases, lower case
	folded  map[string][]*row // the same names, folded
	bedrock map[string]*row   // short forms of Bedrock ids, folded; nil where they are not clear
	names   []nearName
}

type nearName struct {
	name string
	row  *row
}

func newIndex(rows []*row) *index {
	x := &index{map[string]*row{}, map[string][]*row{}, map[string][]*row{}, map[string]*row{}, nil}
	for _, r := range rows {
		x.byID[strings.ToLower(r.ID)] = r
		for _, name := range append([]string{r.name}, r.Aliases...) {
			x.add(strings.ToLower(name), r)
		}
		if r.provider == "bedrock" {
			x.addBedrock(strings.ToLower(r.name), r)
		}
	}
	return x
}

func (x *index) add(name string, r *row) {
	if !slices.Contains(x.byName[name], r) {
		x.byName[name] = append(x.byName[name], r)
		x.names = append(x.names, nearName{name, r})
	}
	if f := fold(name); !slices.Contains(x.folded[f], r) {
		x.folded[f] = append(x.folded[f], r)
	}
}

// addBedrock makes a Bedrock row known by its id without vendor, version and date, to names that say Bedrock. The
// version comes off where it is one of packaging (-v1:0), not where it may be the model's (-v2). A short name that
// stands for rows of different prices stands for none, and so does one without a number.
func (x *index) addBedrock(name string, r *row) {
	for _, s := range spellings("bedrock/" + name) {
		f := fold(s.name)
		own := strings.Contains(name, "anthropic.") || strings.Contains(name, ":") || strings.HasSuffix(name, s.name)
		if s.provider != "bedrock" || s.region != "" || !own || !strings.ContainsAny(f, "0123456789") {
			continue
		}
		if old, taken := x.bedrock[f]; taken && (old == nil || !old.Price.equal(r.Price)) {
			x.bedrock[f] = nil
			continue
		}
		x.bedrock[f] = r
	}
}

// near lists up to three rows whose names are closest to an unknown one: its shortest reading, and what stands after
// its last slash. Of rows with one name the maker's is listed.
func (x *index) near(tried []spelling) []string {
	name := tried[0].name
	for _, s := range tried {
		if short := s.name[strings.LastIndexByte(s.name, '/')+1:]; short != "" && len(short) < len(name) {
			name = short
		}
	}
	if len(name) > 100 || len(name) < 3 {
		return nil
	}
	limit := max(2, len(name)/4)
	type candidate struct {
		nearName
		dist, shared int
	}
	var found []candidate
	for _, n := range x.names {
		if diff := len(n.name) - len(name); diff > limit || -diff > limit {
			continue
		}
		if d := levenshtein.ComputeDistance(name, n.name); d <= limit {
			found = append(found, candidate{n, d, commonPrefix(name, n.name)})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(b.shared, a.shared), cmp.Compare(rank(a.row.provider), rank(b.row.provider)),
			strings.Compare(a.name, b.name), strings.Compare(a.row.ID, b.row.ID))
	})
	var ids []string
	seen := map[string]bool{}
	for _, c := range found {
		if !seen[c.name] && !slices.Contains(ids, c.row.ID) && len(ids) < 3 {
			seen[c.name], ids = true, append(ids, c.row.ID)
		}
	}
	return ids
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
