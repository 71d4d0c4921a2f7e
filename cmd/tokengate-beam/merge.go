package main

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/tokengate/tokengate/internal/cube"
)

// mergeCubes merges encoded cubes. Its accumulator is a cube, which travels in the documented encoding like any other; a
// cube that grew too large has none, and is an error.
type mergeCubes struct{}

func registerCubes() {
	beam.RegisterCoder(reflect.TypeFor[*cube.Cube](), encodeCube, decodeCube)
	register.Combiner3[*cube.Cube, []byte, []byte](&mergeCubes{})
}

func encodeCube(c *cube.Cube) ([]byte, error) { return c.MarshalBinary() }

func decodeCube(b []byte) (*cube.Cube, error) {
	c := cube.New()
	return c, c.UnmarshalBinary(b)
}

// CreateAccumulator gives an empty cube.
func (*mergeCubes) CreateAccumulator() *cube.Cube { return cube.New() }

// AddInput adds an encoded cube.
func (*mergeCubes) AddInput(sum *cube.Cube, encoded []byte) (*cube.Cube, error) {
	c, err := decodeCube(encoded)
	if err != nil {
		return nil, err
	}
	sum.Merge(c)
	return sum, sum.Err()
}

// MergeAccumulators adds one cube to another.
func (*mergeCubes) MergeAccumulators(a, b *cube.Cube) (*cube.Cube, error) {
	a.Merge(b)
	return a, a.Err()
}

// ExtractOutput encodes the whole.
func (*mergeCubes) ExtractOutput(sum *cube.Cube) ([]byte, error) { return sum.MarshalBinary() }
