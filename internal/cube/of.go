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
	shares := map[string]float64{}
	for _, s := range srcs {
		shares[cmp.Or(s.Name, s.Path)] = s.Sampling
	}
	var c *Cube
	sum, diags, err := traffic.Stream(srcs, opts, func() traffic.Consumer {
		c = New()
		file, share := "", 0.0
		return func(call *traffic.Call) error {
			if call.Place.File != file { // calls come file by file
				file, share = call.Place.File, shares[call.Place.File]
			}
			c.Add(call, share)
			return nil
		}
	})
	if err != nil {
		return nil, nil, nil, err
	}
	c.Note(ReadingOf(sum))
	if err := c.Err(); err != nil {
		return nil, nil, nil, err
	}
	return c, sum, diags, nil
}

// ReadingOf is what a summary says of the files that were read.
func ReadingOf(sum *traffic.Summary) Reading {
	return Reading{Files: int64(len(sum.Files)), Lines: sum.Lines, Duplicates: sum.Duplicates, Skipped: sum.Skipped}
}
