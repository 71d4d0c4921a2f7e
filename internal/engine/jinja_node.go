package engine

// Expressions of Jinja. Each knows its place through expr.at.
type (
	expr struct {
		at   place
		node any
	}
	literal struct{ value any }
	name    struct{ name string }
	items   struct { // a list or tuple
		of    []expr
		tuple bool
	}
	pairs     struct{ keys, values []expr }
	attribute struct {
		of   expr
		name string
	}
	item  struct{ of, key expr }
	slice struct{ of, from, to, by expr } // a part that is not written has no node
	call  struct {
		of   expr
		args arguments
	}
	filtered struct { // of has no node in {% filter x %} and {% set x | x %}
		of   expr
		name string
		args arguments
	}
	tested struct {
		of   expr
		name string
		not  bool
		args arguments
	}
	unary  struct{ op, of any } // op is a string, of an expr
	binary struct {
		op          string
		left, right expr
	}
	compared struct {
		first expr
		ops   []string
		rest  []expr
	}
	choice struct{ test, yes, no expr }
)

// arguments of a call; splat and extra are *x and **x.
type arguments struct {
	args   []expr
	names  []string
	named  []expr
	splat  []expr
	extras []expr
}

// Statements of Jinja.
type (
	statement struct {
		at   place
		node any
	}
	dataNode   struct{}
	outputNode struct{ of expr }
	ifNode     struct {
		tests  []expr
		bodies [][]statement // one more than tests where there is an else
	}
	forNode struct {
		target    expr
		over      expr
		test      expr
		recursive bool
		body      []statement
		none      []statement
	}
	setNode struct {
		target expr
		value  expr
		body   []statement // {% set x %}…{% endset %}, where value is filters or nothing
		block  bool
	}
	macroNode struct {
		name     string
		params   []string
		defaults []expr // of the last params
		body     []statement
		varargs  bool
		kwargs   bool
	}
	callNode struct {
		of    expr
		macro macroNode
	}
	filterNode struct {
		of   expr
		body []statement
	}
	withNode struct {
		targets []expr
		values  []expr
		body    []statement
	}
	includeNode struct {
		of     expr
		lax    bool // ignore missing
		closed bool // without context
	}
	importNode struct {
		of    expr
		as    string   // {% import x as name %}
		names []string // {% from x import name as alias %}
		alias []string
		open  bool // with context
	}
	blockNode struct {
		name   string
		scoped bool
		body   []statement
	}
	extendsNode struct{ of expr }
	doNode      struct{ of expr }
	jumpNode    struct{ out bool } // break, or continue
)

// parsed is a Jinja template.
type parsed struct {
	s      *script
	body   []statement
	blocks map[string]blockNode
}
