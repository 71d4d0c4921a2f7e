package parquet

import "slices"

// node is an element of the schema as the footer lists it, depth first.
type node struct {
	column     Column
	repetition int64
	children   int64
	name       string
	converted  int64
	isLeaf     bool
}

// Repetition types.
const (
	optional = 1
	repeated = 2
)

// schemaColumns reads the list of nodes and gives the leaves with the levels that their paths add up to.
func schemaColumns(t *thrift) []Column {
	n, _ := t.list()
	if n > maxNodes {
		t.fail("a schema of %d nodes", n)
	}
	nodes := make([]node, 0, min(n, maxNodes))
	for i := 0; i < n && t.err == nil; i++ {
		nodes = append(nodes, schemaNode(t))
	}
	if t.err != nil {
		return nil
	}
	if len(nodes) == 0 {
		t.fail("the schema is empty")
		return nil
	}
	b := schemaBuilder{t: t, nodes: nodes[1:]}
	b.group(nodes[0].children, Column{}, 0)
	if t.err == nil && len(b.nodes) > 0 {
		t.fail("%d nodes of the schema stand nowhere", len(b.nodes))
	}
	return b.leaves
}

type schemaBuilder struct {
	t      *thrift
	nodes  []node
	leaves []Column
}

func (b *schemaBuilder) group(children int64, above Column, depth int) {
	if depth > maxDepth {
		b.t.fail("the schema is nested too deep")
	}
	for ; children > 0 && b.t.err == nil; children-- {
		if len(b.nodes) == 0 {
			b.t.fail("nodes of the schema are missing")
			return
		}
		n := b.nodes[0]
		b.nodes = b.nodes[1:]
		c := n.column
		c.Path = append(slices.Clone(above.Path), n.name)
		c.MaxRep, c.MaxDef = above.MaxRep, above.MaxDef
		switch n.repetition {
		case optional:
			c.MaxDef++
		case repeated:
			c.MaxDef++
			c.MaxRep++
		}
		if n.isLeaf {
			b.leaves = append(b.leaves, c)
			continue
		}
		b.group(n.children, c, depth+1)
	}
}

func schemaNode(t *thrift) node {
	n := node{converted: -1}
	logical := false
	t.fields(func(id int, kind byte) {
		switch {
		case id == 1:
			n.isLeaf = true
			n.column.Kind = Kind(t.int(kind))
		case id == 2:
			n.column.Length = int(t.int(kind))
		case id == 3:
			n.repetition = t.int(kind)
		case id == 4 && kind == thriftBinary:
			n.name = string(t.bytes())
		case id == 5:
			n.children = t.int(kind)
		case id == 6:
			n.converted = t.int(kind)
		case id == 10 && kind == thriftStruct:
			logical = true
			logicalType(t, &n.column)
		default:
			t.skip(kind)
		}
	})
	if !logical {
		convertedType(n.converted, &n.column)
	}
	if n.column.Kind != Fixed {
		n.column.Length = 0 // writers note the bits of the others
	}
	if n.isLeaf && (n.column.Kind < Boolean || n.column.Kind > Fixed || n.children > 0) || n.column.Kind == Fixed && (n.column.Length <= 0 || n.column.Length > MaxPage) {
		t.fail("the column %q is of no type that is known", n.name)
	}
	return n
}

// logicalType reads the union that newer writers annotate columns with.
func logicalType(t *thrift, c *Column) {
	c.Meaning = Other
	t.fields(func(id int, kind byte) {
		switch id {
		case 1, 4, 12: // STRING, ENUM, JSON
			c.Meaning = String
		case 14:
			c.Meaning = UUID
		case 8:
			if kind == thriftStruct {
				timestamp(t, c)
				return
			}
		case 10:
			if kind == thriftStruct {
				integer(t, c)
				return
			}
		}
		t.skip(kind)
	})
}

func timestamp(t *thrift, c *Column) {
	t.fields(func(id int, kind byte) {
		switch {
		case id == 1:
			c.Adjusted = kind == thriftTrue
		case id == 2 && kind == thriftStruct:
			t.fields(func(unit int, kind byte) {
				if unit >= 1 && unit <= 3 {
					c.Meaning = [...]Meaning{Milliseconds, Microseconds, Nanoseconds}[unit-1]
				}
				t.skip(kind)
			})
			return
		}
		t.skip(kind)
	})
}

func integer(t *thrift, c *Column) {
	c.Meaning = Unsigned
	t.fields(func(id int, kind byte) {
		if id == 2 && kind == thriftTrue {
			c.Meaning = Integer
		}
		t.skip(kind)
	})
}

// convertedType takes the annotation of older writers. Timestamps were in UTC then, by definition.
func convertedType(n int64, c *Column) {
	switch {
	case n < 0:
	case n == 0 || n == 4 || n == 19: // UTF8, ENUM, JSON
		c.Meaning = String
	case n == 9:
		c.Meaning, c.Adjusted = Milliseconds, true
	case n == 10:
		c.Meaning, c.Adjusted = Microseconds, true
	case n >= 11 && n <= 14:
		c.Meaning = Unsigned
	case n >= 15 && n <= 18:
		c.Meaning = Integer
	default:
		c.Meaning = Other
	}
}
