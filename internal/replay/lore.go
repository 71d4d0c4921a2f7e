package replay

import (
	"sync"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
)

// lore is what is the same for many calls: found, loaded or counted once, and shared by a run and its forks.
type lore struct {
	plan  Plan
	learn sync.Mutex // held while a lane is built, so that the plan's functions are never called twice at once

	mu       sync.Mutex // of the maps
	base     *shelf
	head     *shelf // base's, where head's prices are the same
	bills    map[billKey]*bill
	counts   map[countKey]token.Estimate
	layouts  map[countKey]*layout
	versions map[versionKey]*prompt.Template
	counters map[string]*token.Counter // by family
	kinds    map[trusted]int           // the kinds of counts that were trusted, numbered as they came
}

type (
	billKey struct {
		model *model
		tier  string
	}
	countKey struct {
		template *prompt.Template
		part     string // "" for the whole text, "stable" for the stable prefix
		family   string
	}
	versionKey struct{ path, id string }
)

func newLore(p Plan) *lore {
	base := newShelf(p.Catalog, false)
	head := base
	if p.Reprice != nil {
		head = newShelf(p.Reprice, true)
	}
	return &lore{
		plan: p, base: base, head: head, bills: map[billKey]*bill{}, counts: map[countKey]token.Estimate{}, layouts: map[countKey]*layout{},
		versions: map[versionKey]*prompt.Template{}, counters: map[string]*token.Counter{}, kinds: map[trusted]int{},
	}
}

// count measures a part of a template under a tokenizer family, once.
func (l *lore) count(t *prompt.Template, part, family string) token.Estimate {
	key := countKey{t, part, family}
	l.mu.Lock()
	e, ok := l.counts[key]
	l.mu.Unlock()
	if ok {
		return e
	}
	if part == "" {
		e = l.layout(t, family).total
	} else {
		text, _ := t.StablePrefix()
		e = l.counter(family).Count(text)
	}
	l.mu.Lock()
	l.counts[key] = e
	l.mu.Unlock()
	return e
}

// counter never fails: a family the token package does not know counts as "other", with that family's wide error.
func (l *lore) counter(family string) *token.Counter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.counters[family]; ok {
		return c
	}
	c, err := l.plan.Tokens.For(family)
	if err != nil {
		c, err = l.plan.Tokens.For("other")
	}
	if err != nil {
		panic("token: the fallback counter is missing: " + err.Error())
	}
	l.counters[family] = c
	return c
}

// old loads a template as it was under a recorded version; nil where history does not hold it.
func (l *lore) old(path, id string) (*prompt.Template, error) {
	key := versionKey{path, id}
	if t, ok := l.versions[key]; ok || l.plan.Version == nil {
		return t, nil
	}
	t, err := l.plan.Version(path, id)
	if err != nil {
		return nil, err
	}
	l.versions[key] = t
	return t, nil
}

// kind numbers a kind of count.
func (l *lore) kind(e token.Estimate) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := trusted{e.Method, e.RelativeError}
	i, ok := l.kinds[key]
	if !ok {
		i = len(l.kinds)
		l.kinds[key] = i
	}
	return i
}
