package engine

import (
	"math"
	"strings"
)

// eval gives the value of an expression.
func (j *jinja) eval(e expr, sc *scope) any {
	j.step(e.at, 1)
	j.enter(e.at)
	defer j.leave()
	switch n := e.node.(type) {
	case literal:
		return n.value
	case name:
		v, from := sc.lookup(n.name)
		if from == nil {
			v = undefined(n)
		}
		if from == nil || from == j.context {
			j.use(e.at, n.name, from != nil)
		}
		return v
	case items:
		l := &list{tuple: n.tuple}
		for _, of := range n.of {
			l.items = append(l.items, j.eval(of, sc))
		}
		return l
	case pairs:
		d := newDict()
		for i, k := range n.keys {
			d.set(j.eval(k, sc), j.eval(n.values[i], sc))
		}
		return d
	case attribute:
		return j.attribute(e.at, j.eval(n.of, sc), n.name)
	case item:
		return j.item(e.at, j.eval(n.of, sc), j.eval(n.key, sc))
	case slice:
		return j.slice(e.at, n, sc)
	case call:
		of := j.eval(n.of, sc)
		return j.invoke(e.at, of, j.args(n.args, sc))
	case filtered:
		return j.filter(e.at, n, j.eval(n.of, sc), sc)
	case tested:
		return j.test(e.at, n, sc)
	case choice:
		if j.truth(n.test.at, j.eval(n.test, sc)) {
			return j.eval(n.yes, sc)
		}
		if n.no.node == nil {
			return undefined{"the inline if"}
		}
		return j.eval(n.no, sc)
	}
	return j.operator(e, sc)
}

// filtered applies filters that stand without a value of their own, as in {% filter x|y %}.
func (j *jinja) filtered(e expr, sc *scope, value any) any {
	switch n := e.node.(type) {
	case filtered:
		return j.filter(e.at, n, j.filtered(n.of, sc, value), sc)
	case nil:
		return value
	}
	j.fail(e.at, "only filters may stand here")
	return nil
}

func (j *jinja) filter(at place, n filtered, value any, sc *scope) any {
	c := j.args(n.args, sc)
	c.at = at
	return j.words.filters[n.name](c, value)
}

func (j *jinja) test(at place, n tested, sc *scope) any {
	c := j.args(n.args, sc)
	c.at = at
	return j.words.tests[n.name](c, j.eval(n.of, sc)) != n.not
}

func (j *jinja) operator(e expr, sc *scope) any {
	switch n := e.node.(type) {
	case unary:
		v := j.eval(n.of.(expr), sc)
		if n.op == "not" {
			return !j.truth(e.at, v)
		}
		if n.op == "-" {
			return j.arithmetic(e.at, "-", int64(0), v)
		}
		return j.arithmetic(e.at, "+", int64(0), v)
	case compared:
		return j.compared(n, sc)
	case binary:
		left := j.eval(n.left, sc)
		switch n.op {
		case "and":
			if !j.truth(n.left.at, left) {
				return left
			}
			return j.eval(n.right, sc)
		case "or":
			if j.truth(n.left.at, left) {
				return left
			}
			return j.eval(n.right, sc)
		}
		right := j.eval(n.right, sc)
		if n.op == "~" {
			return j.concat(e.at, j.str(e.at, left), j.str(e.at, right))
		}
		return j.arithmetic(e.at, n.op, left, right)
	}
	j.fail(e.at, "an expression is missing")
	return nil
}

func (j *jinja) concat(at place, a, b string) string {
	j.room(at, len(a)+len(b))
	return a + b
}

// room charges a text before it is made, and refuses one that is longer than any output may be.
func (j *jinja) room(at place, length int) {
	if length > j.opts.MaxBytes || length < 0 {
		j.limit(at, "", "makes a text of more than %d bytes", j.opts.MaxBytes)
	}
	j.text(at, length)
}

// compared is a chain such as 1 < x <= 3.
func (j *jinja) compared(n compared, sc *scope) any {
	left := j.eval(n.first, sc)
	for i, op := range n.ops {
		right := j.eval(n.rest[i], sc)
		if !j.holds(n.rest[i].at, op, left, right) {
			return false
		}
		left = right
	}
	return true
}

func (j *jinja) holds(at place, op string, a, b any) bool {
	switch op {
	case "==":
		return j.equal(at, a, b)
	case "!=", "!":
		return !j.equal(at, a, b)
	case "in":
		return j.contains(at, b, a)
	case "not in":
		return !j.contains(at, b, a)
	}
	if isUndefined(a) || isUndefined(b) {
		if j.lenient() {
			return false
		}
	}
	c := j.order(at, a, b)
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// arithmetic computes + - * / // % ** as Python does; integers have 64 bits here.
func (j *jinja) arithmetic(at place, op string, a, b any) any {
	if isUndefined(a) || isUndefined(b) {
		if j.lenient() {
			return undefined{"a value that is not there"}
		}
		j.missing(at, a, b)
	}
	if v, ok := j.sequences(at, op, a, b); ok {
		return v
	}
	x, okX := asInt(a)
	y, okY := asInt(b)
	if okX && okY && op != "/" && !(op == "**" && y < 0) {
		return j.integers(at, op, x, y)
	}
	f, okF := asFloat(a)
	g, okG := asFloat(b)
	if !okF || !okG {
		j.fail(at, "%s %s %s is not possible", j.kind(a), op, j.kind(b))
	}
	return j.floats(at, op, f, g)
}

// sequences joins and repeats texts and lists, and fills in "%s" % x.
func (j *jinja) sequences(at place, op string, a, b any) (any, bool) {
	if s, ok := a.(string); ok {
		switch t := b.(type) {
		case string:
			if op == "+" {
				return j.concat(at, s, t), true
			}
		case int64:
			if op == "*" {
				return j.repeat(at, s, t), true
			}
		}
		if op == "%" {
			return j.percent(at, s, b), true
		}
		if op == "+" && j.js {
			return j.concat(at, s, j.str(at, b)), true
		}
	}
	if t, ok := b.(string); ok {
		if n, isInt := a.(int64); isInt && op == "*" {
			return j.repeat(at, t, n), true
		}
		if op == "+" && j.js {
			return j.concat(at, j.str(at, a), t), true
		}
	}
	l, ok := a.(*list)
	if !ok {
		return nil, false
	}
	if r, ok := b.(*list); ok && op == "+" && l.tuple == r.tuple {
		j.step(at, len(l.items)+len(r.items))
		return &list{append(append([]any{}, l.items...), r.items...), l.tuple}, true
	}
	if n, ok := b.(int64); ok && op == "*" {
		out := &list{tuple: l.tuple}
		for range max(n, 0) {
			j.step(at, len(l.items)+1)
			out.items = append(out.items, l.items...)
		}
		return out, true
	}
	return nil, false
}

func (j *jinja) repeat(at place, s string, n int64) string {
	if n <= 0 || s == "" {
		return ""
	}
	if n > int64(j.opts.MaxBytes) {
		j.room(at, -1)
	}
	j.room(at, len(s)*int(n))
	return strings.Repeat(s, int(n))
}

func (j *jinja) integers(at place, op string, x, y int64) any {
	if y == 0 && (op == "//" || op == "%") {
		j.fail(at, "division by zero")
	}
	switch op {
	case "+":
		if z := x + y; (z > x) == (y > 0) {
			return z
		}
	case "-":
		if z := x - y; (z < x) == (y > 0) {
			return z
		}
	case "*":
		if x == 0 || y == 0 {
			return int64(0)
		}
		if z := x * y; z/y == x && !(x == -1 && y == math.MinInt64) && !(y == -1 && x == math.MinInt64) {
			return z
		}
	case "//":
		if y == -1 && x == math.MinInt64 {
			break
		}
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		return q
	case "%":
		r := x % y
		if r != 0 && (r < 0) != (y < 0) {
			r += y
		}
		return r
	case "**":
		return j.power(at, x, y)
	}
	j.limit(at, "", "the result of %d %s %d does not fit into 64 bits", x, op, y)
	return nil
}

func (j *jinja) power(at place, x, y int64) any {
	var z any = int64(1)
	for i := int64(0); i < y && !(x == 0 || x == 1) || i < min(y, 1); i++ {
		j.step(at, 1)
		z = j.integers(at, "*", z.(int64), x)
	}
	return z
}

func (j *jinja) floats(at place, op string, x, y float64) any {
	if y == 0 && (op == "/" || op == "//" || op == "%") {
		if j.js && op == "/" {
			return x / y
		}
		j.fail(at, "division by zero")
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return j.quotient(x / y)
	case "//":
		return math.Floor(x / y)
	case "%":
		r := math.Mod(x, y)
		if r != 0 && (r < 0) != (y < 0) {
			r += y
		}
		return r
	}
	return math.Pow(x, y)
}

// quotient is an integer in JavaScript where nothing is left over.
func (j *jinja) quotient(f float64) any {
	if j.js {
		return whole64(f)
	}
	return f
}

// whole64 makes an integer of a float without a fraction.
func whole64(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

// missing ends the rendering as Python does where an undefined value is worked with.
func (j *jinja) missing(at place, values ...any) {
	for _, v := range values {
		if u, ok := v.(undefined); ok {
			j.failHint(at, "give it among the variables, or write |default(…)", "%q is undefined", u.name)
		}
	}
}

func isUndefined(v any) bool {
	_, ok := v.(undefined)
	return ok
}
