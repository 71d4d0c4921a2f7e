package traffic

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Consumer takes calls one by one, each once. A call is its own only until it returns; the strings in it stay. An error
// ends the reading.
type Consumer func(*Call) error

// Stream reads every source and hands each call to a consumer. Calls come file by file in the order of their names,
// line by line; those that stand on records which differ come last. What is wrong with a file or a line is in the
// diagnostics; the error is the consumer's, a failing machine, or a sampling share outside (0, 1].
//
// Memory does not grow with the traffic, but for some 32 bytes an id up to Options.MaxIDs. One pass is enough unless
// records with one id differ. Then another one, which knows these ids, starts from the beginning with a new consumer,
// and what the first one was told is void: begin makes a consumer for each pass.
func Stream(srcs []Source, opts Options, begin func() Consumer) (*Summary, source.Diagnostics, error) {
	listed, diags, err := prepare(srcs)
	if err != nil {
		return nil, nil, err
	}
	s := &stream{srcs: listed, opts: &opts, begin: begin, meter: newMeter(listed, opts.Progress)}
	sum, more, err := s.run()
	if err != nil {
		return nil, nil, err
	}
	diags = append(diags, more...)
	diags.Sort()
	return sum, diags, nil
}

// stream is one reading of some sources.
type stream struct {
	srcs  []Source
	opts  *Options
	begin func() Consumer
	meter *meter

	explaining sync.Mutex
}

// explain keeps files that are read side by side from calling at once.
func (s *stream) explain(x Explained) {
	s.explaining.Lock()
	defer s.explaining.Unlock()
	s.opts.Explain(x)
}

// run reads once, and as often again as ids on records that differ need. Those are put aside and joined, so many at a
// time that they fit into memory.
func (s *stream) run() (*Summary, source.Diagnostics, error) {
	again := &repeats{limit: s.opts.maxIDs(), scratch: s.opts.Scratch}
	defer func() { _ = again.close() }() // only this reading used it
	again.now.expect(min(s.meter.records(), s.opts.maxIDs()))
	p := &pass{stream: s, again: again, rest: true, consume: s.begin(), tally: newTally()}
	if err := p.read(); err != nil {
		return nil, nil, err
	}
	if err := again.settle(); err != nil {
		return nil, nil, err
	}
	if len(again.contested)+len(again.late) > 0 {
		var err error
		if p, err = s.rerun(again); err != nil {
			return nil, nil, err
		}
	}
	sum, diags := p.finish()
	return sum, diags, nil
}

// maxAside is how many ids on records that differ are joined in one pass, at about a kilobyte each.
var maxAside = 100_000

// rerun gives its first pass, which took all that is not put aside.
func (s *stream) rerun(again *repeats) (first *pass, err error) {
	consume, tally := s.begin(), newTally()
	rounds := slices.Collect(slices.Chunk(again.contested, maxAside))
	if len(rounds) == 0 {
		rounds = append(rounds, nil)
	}
	for i, aside := range rounds {
		p := &pass{stream: s, consume: consume, known: newKnown(again, aside), rest: i == 0, tally: tally}
		s.meter.again()
		defer p.known.free()
		if err := p.read(); err != nil {
			return nil, err
		}
		if err := p.join(); err != nil {
			return nil, err
		}
		if i == 0 {
			first = p
		}
	}
	return first, nil
}

// known is what a pass knows of ids from the one before.
type known struct {
	contested []uint64 // in order
	aside     []uint64 // those of them that this pass joins
	late      ids      // ids on equal records far apart, and whether they came along
	seen      ids
	recent    ids
}

func newKnown(r *repeats, aside []uint64) *known {
	k := &known{contested: r.contested, aside: aside}
	for _, id := range r.late {
		k.late.add(id, 1)
	}
	return k
}

func (k *known) free() {
	k.late.free()
	k.seen.free()
	k.recent.free()
}

// pass is one reading of all files.
type pass struct {
	*stream
	*tally
	again   *repeats // the first pass: finds what repeats
	known   *known   // a later one: knows it
	rest    bool     // takes what is not put aside
	void    bool     // nothing is handed on any more: there will be another pass
	consume Consumer
	files   []*file
	aside   pile[record]
	warmed  uint64 // keeps warm from being left out

	failure error
	broken  atomic.Bool // there is a failure: no other file needs to be read
}

// tally is what is summed up over the calls that were handed on.
type tally struct {
	calls       int64
	byFile      map[string]*int64
	file        string // of the last call
	ofFile      *int64
	fees        map[string]int64 // by file
	replaced    int64
	lacks       [numLacks]int64
	first, last time.Time
	odd         source.Diagnostics
}

func newTally() *tally { return &tally{byFile: map[string]*int64{}, fees: map[string]int64{}} }

// read reads the files side by side, as many at a time as there are processors, and takes what they give in their order.
func (p *pass) read() error {
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	done := make(chan struct{})
	close(done)
	for _, src := range p.srcs {
		f := p.file(src)
		p.files = append(p.files, f)
		turn, next := done, make(chan struct{})
		f.turn, done = turn, next
		slots <- struct{}{} // in the order of the files, so that the one whose turn it is has a slot
		go func() {
			defer func() { close(next); <-slots }()
			if p.broken.Load() {
				<-turn
				return
			}
			if f.read(p.meter); f.err != nil {
				p.fail(fmt.Errorf("read %s: %w", f.name, f.err))
			}
		}()
	}
	<-done
	if p.failure != nil {
		return p.failure
	}
	return p.spans()
}

// file prepares the reading of one file. After a failure its records go by.
func (p *pass) file(src Source) *file {
	f := newFile(src)
	f.opts, f.text, f.facts = p.opts, p.opts.Text, p.opts.facts()
	f.size = p.meter.size(src.Name)
	f.records = newRecords()
	if p.known == nil && p.opts.Explain != nil {
		f.explain = p.explain
	}
	f.take = func(records []record, behind int) {
		if p.failure == nil {
			p.fail(p.take(records, behind))
		}
	}
	return f
}

// fail keeps the first error. Only who has its turn calls it.
func (p *pass) fail(err error) {
	if err != nil && p.failure == nil {
		p.failure = err
		p.broken.Store(true)
	}
}

// spans makes calls of spans, whose trees are known once all files are read.
func (p *pass) spans() error {
	for _, f := range p.files {
		f.take, f.records = nil, f.records[:0]
	}
	resolveSignals(p.files)
	for _, f := range p.files {
		if err := p.take(f.records, 0); err != nil {
			return err
		}
		f.records = nil
	}
	return nil
}

// warmAhead is how many ids are looked up at once: their places fit into a processor's first cache.
const warmAhead = 128

func (p *pass) take(records []record, base int) error {
	for i := range records {
		if p.again != nil && i%warmAhead == 0 {
			p.warmed += p.again.now.warm(records[i:min(i+warmAhead, len(records))])
		}
		r := &records[i]
		r.call.Place.Line += base
		first, err := p.first(r)
		if err != nil {
			return err
		}
		if !first || p.void {
			continue
		}
		if err := p.hand(r); err != nil {
			return err
		}
	}
	return nil
}

// first tells whether a record is to be handed on: it is the first of its call, and no later one says more.
func (p *pass) first(r *record) (bool, error) {
	switch {
	case r.call.ID == "":
		return p.rest, nil
	case p.known != nil:
		return p.known.first(p, r), nil
	}
	s, err := p.again.add(r.id, r.content)
	p.void = p.void || s == differs
	return s == fresh, err
}

func (k *known) first(p *pass, r *record) bool {
	id, first := max(r.id, 1), false
	if p.rest {
		if p.opts.Scratch != nil && k.recent.n >= p.opts.maxIDs() {
			k.recent.reset() // where the first pass wrote its ids out: what repeats across is late
		}
		first = k.recent.add(id, 1) == fresh
	}
	if _, contested := slices.BinarySearch(k.contested, id); contested {
		if _, mine := slices.BinarySearch(k.aside, id); mine {
			p.aside.add(*r)
		}
		return false
	}
	if k.late.has(id) {
		return p.rest && k.seen.add(id, 1) == fresh
	}
	return first
}

// join hands on what was put aside, each call once.
func (p *pass) join() error {
	all := newSet(p.aside.n)
	for r := range p.aside.all() {
		all.add(r)
	}
	records := all.settled()
	p.odd = append(p.odd, conflicts(records)...)
	for _, r := range records {
		if r.varied {
			p.replaced++
		}
		if err := p.hand(r); err != nil {
			return err
		}
	}
	return nil
}

// hand gives one call to the consumer.
func (p *pass) hand(r *record) error {
	c := &r.call
	if r.stream {
		c.Time, c.OutputIsBound = r.began, !r.ended
	}
	if p.calls++; p.calls == 1 || c.Time.Before(p.tally.first) {
		p.tally.first = c.Time
	}
	if c.Time.After(p.last) {
		p.last = c.Time
	}
	if p.ofFile == nil || p.tally.file != c.Place.File { // calls come file by file
		p.tally.file = c.Place.File
		if p.ofFile = p.byFile[c.Place.File]; p.ofFile == nil {
			p.ofFile = new(int64)
			p.byFile[c.Place.File] = p.ofFile
		}
	}
	*p.ofFile++
	p.lacks[r.lack]++
	if r.fees > 0 {
		p.fees[c.Place.File] += r.fees
	}
	return p.consume(c)
}

// finish sums up a reading.
func (p *pass) finish() (*Summary, source.Diagnostics) {
	sum := &Summary{Count: p.calls, Replaced: p.replaced, First: p.tally.first, Last: p.last}
	skipped := map[skipKey]int64{}
	diags := append(p.odd, feesOf(p.fees)...)
	for _, f := range p.files {
		sum.Lines += f.lines
		sum.Duplicates += f.count
		for k, n := range f.skipped {
			skipped[k] += n
		}
		stats := FileStats{Name: f.name, Dialect: f.dialect, Lines: f.lines, Sampling: f.src.Sampling}
		if n := p.byFile[f.name]; n != nil {
			stats.Calls = *n
		}
		sum.Files = append(sum.Files, stats)
		diags = append(diags, f.report()...)
	}
	sum.Duplicates -= p.calls
	sum.Skipped, sum.Lacks = sortSkips(skipped), lacksOf(p.lacks)
	return sum, slices.Concat(diags, noCalls(p.files), p.opts.Map.unused(p.files))
}
