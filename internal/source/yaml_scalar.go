package source

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Scalar is the value of a YAML scalar: nil, a bool, an int64, a float64 or, of dates and all else, its text.
func Scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return i
		}
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}
