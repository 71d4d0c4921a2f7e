package traffic

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// A reading can be spread over machines, a file each, and every call still counts once. ReadShard reads a file and
// gives the ids in it, cut by their leading bits, so that each part can go to a machine of its own; Repeated finds those
// that stand in several files, or on records that differ. Where there are none, which is the rule, all is done. Where
// there are, every file is read again with RereadShard, which puts the records with these ids aside, and JoinAside
// makes one call of each.
//
// Spans and observations that stand below each other must be seen together, so dialects that hold them cannot be read
// like this: see Spreads.

// Shard is what reading one file alone leaves.
type Shard struct {
	Summary
	Records int64 // calls as they were written down: with those of the other files, what the calls are fewer by are duplicates
	ids     ids
}

// Spreads tells whether the files of a dialect can be read apart from each other.
func Spreads(dialect string) bool { return dialect != OTLP && dialect != Langfuse }

// ReadShard hands the calls of one file to a consumer, each once as far as this file tells. Where records with one id
// differ it takes none further: Repeated will name the id.
func ReadShard(src Source, opts Options, consume Consumer) (*Shard, source.Diagnostics, error) {
	p := &pass{again: &repeats{}, rest: true, consume: consume, tally: newTally()}
	sum, diags, err := p.alone(src, opts)
	if err != nil {
		return nil, nil, err
	}
	return &Shard{Summary: *sum, Records: sum.Count + sum.Duplicates, ids: p.again.now}, diags, nil
}

// RereadShard hands on the calls of one file whose ids are not among the repeated ones, which are in order, and gives
// away the records of the others. The summary's Count and Duplicates are those of what was handed on.
func RereadShard(src Source, opts Options, repeated []uint64, consume Consumer, aside func(id uint64, record []byte) error) (*Shard, source.Diagnostics, error) {
	p := &pass{known: &known{contested: repeated, aside: repeated}, rest: true, consume: consume, tally: newTally()}
	sum, diags, err := p.alone(src, opts)
	if err != nil {
		return nil, nil, err
	}
	for r := range p.aside.all() {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(r.away()); err != nil {
			return nil, nil, err
		}
		if err := aside(r.id, b.Bytes()); err != nil {
			return nil, nil, err
		}
	}
	return &Shard{Summary: *sum, Records: sum.Count + sum.Duplicates}, diags, nil
}

// alone reads one file.
func (p *pass) alone(src Source, opts Options) (*Summary, source.Diagnostics, error) {
	listed, _, err := prepare([]Source{src})
	if err != nil {
		return nil, nil, err
	}
	p.stream = &stream{srcs: listed, opts: &opts, meter: newMeter(listed, opts.Progress)}
	if err := p.read(); err != nil {
		return nil, nil, err
	}
	if f := p.files[0]; f.dialect != "" && !Spreads(f.dialect) {
		f.refuse(ruleSpread, "read all of it on one machine, or convert it to the native form first", "calls of the dialect %s cannot be told file by file", f.dialect)
	}
	sum, diags := p.finish()
	diags.Sort()
	return sum, diags, nil
}

// IDs gives the shard's ids in blocks by their leading bits: 2^places parts, those that hold none left out. A block is
// the ids in order, 12 bytes each: the id's hash, and one of its record's content, both little-endian. They are given
// once: the shard then forgets them.
func (s *Shard) IDs(places int, give func(part uint64, block []byte)) {
	var block []byte
	part := uint64(0)
	flush := func() {
		if len(block) > 0 {
			give(part, block)
		}
		block = nil
	}
	s.ids.each(func(id uint64, content uint32) {
		if at := bits.RotateLeft64(id, places) & (1<<places - 1); at != part {
			flush()
			part = at
		}
		block = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(block, id), content)
	})
	flush()
	s.ids.free()
}

// Repeated gives, in order, the ids of one part that stand in more than one block, or on records of one file that differ.
func Repeated(blocks [][]byte) ([]uint64, error) {
	var all, out []uint64
	for i, b := range blocks {
		if len(b)%entrySize != 0 {
			return nil, fmt.Errorf("block %d of ids has %d bytes, which is no multiple of %d", i, len(b), entrySize)
		}
		for ; len(b) > 0; b = b[entrySize:] {
			id := binary.LittleEndian.Uint64(b)
			all = append(all, id)
			if binary.LittleEndian.Uint32(b[8:]) == 0 {
				out = append(out, id)
			}
		}
	}
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			out = append(out, all[i])
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// JoinAside makes calls of the records that RereadShard put aside. All records of an id must be there.
func JoinAside(records [][]byte, consume Consumer) (source.Diagnostics, error) {
	p := &pass{consume: consume, tally: newTally()}
	for _, b := range records {
		var a awayRecord
		if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&a); err != nil {
			return nil, fmt.Errorf("decode a record that was put aside: %w", err)
		}
		p.aside.add(a.back())
	}
	err := p.join()
	return append(p.odd, feesOf(p.fees)...), err
}

// awayRecord is a record as it is sent to another machine.
type awayRecord struct {
	Call                                                      Call
	Request                                                   string
	Stream, Final, Side, Strict, Ended, Main, Differs, Varied bool
	Fees                                                      int64
	Began, Updated                                            time.Time
	Ident                                                     uint64
	Lack                                                      byte
}

func (r *record) away() awayRecord {
	return awayRecord{r.call, r.request, r.stream, r.final, r.side, r.strict, r.ended, r.main, r.differs, r.varied, r.fees, r.began, r.updated, r.ident, byte(r.lack)}
}

func (a awayRecord) back() record {
	return record{call: a.Call, request: a.Request, stream: a.Stream, final: a.Final, side: a.Side, strict: a.Strict, ended: a.Ended, main: a.Main,
		differs: a.Differs, varied: a.Varied, updated: a.Updated, fees: a.Fees, began: a.Began, ident: a.Ident, lack: lack(a.Lack)}
}
