package cube

import (
	"cmp"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Of reads recordings and sums what they hold, each call at the sampling share of the file it was read from. It is
// traffic.Stream with a cube as its consumer: the summary, the diagnostics and the error are that reading's; a cube that
// cannot be used (Err) is an error too. Diagnostics with an error say that the cube lacks what could not be read.
func Of(srcs []traffic.Source, opts traffic.Options) (*Cube, *traffic.Summary, source.Diagnostics, error) {
	s := NewBuilder(srcs)
	sum, diags, err := traffic.Stream(srcs, opts, s.Begin)
	if err != nil {
		return nil, nil, nil, err
	}
	c := s.Cube(sum)
	if err := c.Err(); err != nil {
		return nil, nil, nil, err
	}
	return c, sum, diags, nil
}

// Builder makes a cube of a reading.
type Builder struct {
	shares map[string]float64 // by the name of the source
	cube   *Cube
}

// NewBuilder sums calls of these sources.
func NewBuilder(srcs []traffic.Source) *Builder {
	s := &Builder{shares: map[string]float64{}, cube: New()}
	for _, src := range srcs {
		s.shares[cmp.Or(src.Name, src.Path)] = src.Sampling
	}
	return s
}

// Begin starts over: what an earlier pass was told is void.
func (s *Builder) Begin() traffic.Consumer {
	s.cube = New()
	file, share := "", 0.0
	return func(call *traffic.Call) error {
		if call.Place.File != file { // calls come file by file
			file, share = call.Place.File, s.shares[call.Place.File]
		}
		s.cube.Add(call, share)
		return nil
	}
}

// Cube gives the sums, with what was read to make them. See Err.
func (s *Builder) Cube(sum *traffic.Summary) *Cube {
	s.cube.Note(ReadingOf(sum))
	return s.cube
}

// ReadingOf is what a summary says of the files that were read.
func ReadingOf(sum *traffic.Summary) Reading {
	return Reading{Files: int64(len(sum.Files)), Lines: sum.Lines, Duplicates: sum.Duplicates, Skipped: sum.Skipped}
}
