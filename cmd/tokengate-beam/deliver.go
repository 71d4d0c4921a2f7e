package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/source"
)

// deliver writes the cube, once everything in it is accounted for. It runs in any case, also where the engine lost the
// cube.
type deliver struct{ Output string }

// ProcessElement runs once.
func (d *deliver) ProcessElement(ctx context.Context, _ []byte, cubes func(*[]byte) bool, accounts func(*account) bool) error {
	a, err := one(accounts, "accounts")
	if err != nil {
		return err
	}
	r, err := readRemarks(a.Remarks)
	if err != nil {
		return err
	}
	if err := tell(ctx, r); err != nil {
		return err
	}
	b, err := one(cubes, "cubes")
	if err != nil {
		return err
	}
	c, err := decodeCube(b)
	if err != nil {
		return err
	}
	if b, err = finish(c, a); err != nil {
		return err
	}
	if err := write(ctx, d.Output, b); err != nil {
		return fmt.Errorf("write %s: %w", d.Output, err)
	}
	log.Infof(ctx, "wrote %s: %d calls of %d records in %d lines of %d files", d.Output, a.Calls, a.Records, a.Lines, a.Listed)
	return nil
}

// finish compares the cube with what was counted beside it, notes which records repeated a call, and encodes it.
func finish(c *cube.Cube, a account) ([]byte, error) {
	records := int64(0)
	for _, k := range c.Keys() {
		records += c.Cell(k).Records
	}
	for _, pair := range []struct {
		what      string
		got, want int64
	}{
		{"files", c.Reading().Files, a.Listed},
		{"lines", c.Reading().Lines, a.Lines},
		{"calls", records, a.Calls},
		{"ids", a.Seen, a.IDs},
		{"repeated ids for each file together", a.Known, a.Repeated * a.Listed},
		{"records put aside", a.Joined, a.Aside},
	} {
		if pair.got != pair.want {
			return nil, fmt.Errorf("%d %s came through the pipeline, expected %d: the engine lost or repeated data", pair.got, pair.what, pair.want)
		}
	}
	if a.Records < a.Calls {
		return nil, fmt.Errorf("%d calls were made of %d records: the engine repeated data", a.Calls, a.Records)
	}
	c.Note(cube.Reading{Duplicates: a.Records - a.Calls})
	return c.MarshalBinary()
}

// tell logs what is wrong with the files; errors stop the pipeline.
func tell(ctx context.Context, r remarks) error {
	var text strings.Builder
	if err := (source.Printer{}).Print(&text, r.Shown); err != nil { // without the lines themselves: they hold prompts
		return err
	}
	text.WriteString(r.more())
	said := strings.TrimSpace(text.String())
	switch {
	case r.Errors > 0:
		return errors.New(said)
	case said != "":
		log.Warn(ctx, said)
	}
	return nil
}
