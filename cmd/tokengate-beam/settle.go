package main

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// asideBits cut the records that are put aside into 4096 parts, each of which is joined on one worker, at about a
// kilobyte a record.
const asideBits = 12

// settle gives what of a file counts whatever else there is: all of it where no id repeats, which is the rule. Else it
// reads the file again and puts the records with such ids aside.
type settle struct{ With settings }

// ProcessElement takes one file.
func (t *settle) ProcessElement(ctx context.Context, s shard, repeated func(*[]byte) bool, cubes func([]byte), accounts func(account), aside func(int64, []byte)) error {
	ids := sorted(all(repeated))
	s.Account.Known = int64(len(ids))
	if len(ids) == 0 {
		cubes(s.Cube)
		accounts(s.Account)
		return nil
	}
	c, put := cube.New(), int64(0)
	read, told, err := t.With.read(ctx, s.Path, func(src traffic.Source, opts traffic.Options) (*traffic.Shard, source.Diagnostics, error) {
		return traffic.RereadShard(src, opts, ids, t.With.into(c), func(id uint64, record []byte) error {
			put++
			aside(int64(id>>(64-asideBits)), record)
			return nil
		})
	})
	if err != nil {
		return err
	}
	b, a, err := summed(c, read, told)
	if err != nil {
		return err
	}
	if a.Lines != s.Account.Lines || a.Records != s.Account.Records {
		return fmt.Errorf("%s changed while it was read: %d records in %d lines, then %d in %d", s.Path, s.Account.Records, s.Account.Lines, a.Records, a.Lines)
	}
	a.IDs, a.Known, a.Aside = s.Account.IDs, s.Account.Known, put
	cubes(b)
	accounts(a)
	return nil
}

// join makes calls of the records of one part that were put aside in all files.
type join struct{ With settings }

// ProcessElement takes one part.
func (j *join) ProcessElement(_ context.Context, _ int64, records func(*[]byte) bool, cubes func([]byte), accounts func(account)) error {
	c, calls := cube.New(), int64(0)
	take, aside := j.With.into(c), all(records)
	told, err := traffic.JoinAside(aside, func(call *traffic.Call) error {
		calls++
		return take(call)
	})
	if err != nil {
		return err
	}
	b, err := c.MarshalBinary()
	if err != nil {
		return err
	}
	a := account{Calls: calls, Joined: int64(len(aside))}
	if a.Remarks, err = remarksOf(told); err != nil {
		return err
	}
	cubes(b)
	accounts(a)
	return nil
}

func packed(ids []uint64) []byte {
	b := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint64(b, id)
	}
	return b
}

func unpacked(b []byte) (ids []uint64) {
	for ; len(b) >= 8; b = b[8:] {
		ids = append(ids, binary.LittleEndian.Uint64(b))
	}
	return ids
}
