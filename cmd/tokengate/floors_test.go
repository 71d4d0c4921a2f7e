package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/tokengate/tokengate/"

// house is one package of internal: the floor it stands on, and which packages of its own floor stand to its left. It
// may import those and everything on the floors before.
type house struct {
	name  string
	floor int
	left  []string
}

// houses is the drawing of the design. A package that is missing here fails the test: give it a floor first. Some do not
// exist yet; their places are kept.
var houses = []house{
	// words
	{"memory", 0, nil},
	{"money", 0, nil},
	{"source", 0, []string{"money"}},
	{"stats", 0, []string{"money", "source"}},
	// matter
	{"bpe", 1, nil},
	{"token", 1, []string{"bpe"}},
	{"request", 1, []string{"token"}},
	{"pricing", 1, []string{"token"}},
	{"engine", 1, nil},
	{"prompt", 1, []string{"token", "request", "engine"}},
	{"evals", 1, []string{"token", "request", "pricing", "prompt"}},
	{"promptfoo", 1, []string{"token", "request", "pricing", "engine", "prompt", "evals"}},
	{"history", 1, nil},
	{"parquet", 1, nil},
	{"traffic", 1, []string{"token", "request", "parquet"}},
	{"stacks", 1, []string{"token", "traffic"}},
	// reasoning
	{"cube", 2, nil},
	{"replay", 2, []string{"cube"}},
	{"guard", 2, nil},
	{"rehearsal", 2, []string{"guard"}},
	{"forecast", 2, []string{"cube", "replay"}},
	{"drift", 2, []string{"cube", "replay", "forecast"}},            // later
	{"lineage", 2, []string{"cube", "replay", "forecast", "drift"}}, // later
	{"budget", 2, []string{"cube", "replay", "forecast", "drift", "lineage"}},
	// record
	{"ledger", 3, nil}, // later
	{"report", 3, []string{"ledger"}},
	{"review", 3, []string{"ledger", "report"}},
	{"config", 3, []string{"ledger", "report"}},
	{"lint", 3, []string{"ledger", "report", "config"}},
	{"gate", 3, []string{"ledger", "report", "review", "config", "lint"}},
	// edges: none knows another, but that forges share the comment and the client
	{"render", 4, nil},
	{"repo", 4, nil},
	{"spendlogs", 4, nil},
	{"recorder", 4, nil}, // later
	{"comment", 4, nil},
	{"rest", 4, nil},
	{"github", 4, []string{"comment", "rest"}},
	{"forge", 4, []string{"comment", "rest"}},
	// command
	{"cli", 5, nil},
}

// renderSees is all that render may import: every format is made from the report document alone.
var renderSees = []string{"report", "source", "money"}

// outside are the packages through which a program reaches files, network and chance. Only the edges and the command may.
var outside = []string{"os", "os/exec", "os/signal", "os/user", "io/ioutil", "net", "net/http", "math/rand", "crypto/rand", "syscall", "plugin"}

// forbidden are the names that do the same in packages which are otherwise harmless.
var forbidden = map[string][]string{
	"time":          {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"path/filepath": {"Abs", "EvalSymlinks", "Glob", "Walk", "WalkDir"},
	"math/rand/v2":  {"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint", "UintN", "Uint32", "Uint32N", "Uint64", "Uint64N", "Float32", "Float64", "NormFloat64", "ExpFloat64", "Perm", "Shuffle", "N"},
}

func TestFloors(t *testing.T) {
	found, err := breaches(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range found {
		t.Error(b)
	}
}

// breaches lists what is wrong in the packages under internal, test files left out, in the order of the files.
func breaches(root fs.FS) (found []string, err error) {
	err = fs.WalkDir(root, "internal", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, b := range fileBreaches(strings.TrimPrefix(path.Dir(name), "internal/"), file) {
			found = append(found, name+": "+b)
		}
		return nil
	})
	return found, err
}

func fileBreaches(pkg string, file *ast.File) (found []string) {
	me, ok := lookup(pkg)
	if !ok {
		return []string{"package " + pkg + " has no floor"}
	}
	edge := me.floor >= 4 && pkg != "render"
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if ours, ok := strings.CutPrefix(imported, module); ok {
			if why := me.mayNot(strings.TrimPrefix(ours, "internal/")); why != "" {
				found = append(found, fmt.Sprintf("imports %s: %s", ours, why))
			}
		}
		if !edge && slices.Contains(outside, imported) {
			found = append(found, fmt.Sprintf("imports %s: only the edges and the command reach outside", imported))
		}
	}
	if !edge {
		found = append(found, forbiddenNames(file)...)
	}
	return found
}

// mayNot says why a house may not import another package of the module; "" when it may.
func (h house) mayNot(other string) string {
	it, ok := lookup(other)
	switch {
	case !ok:
		return "it has no floor"
	case h.name == "render" && !slices.Contains(renderSees, other):
		return "render sees only " + strings.Join(renderSees, ", ")
	case it.floor > h.floor:
		return fmt.Sprintf("it stands on floor %d, %s on floor %d", it.floor, h.name, h.floor)
	case it.floor == h.floor && !slices.Contains(h.left, other):
		return "it does not stand to the left of " + h.name
	}
	return ""
}

func lookup(name string) (house, bool) {
	i := slices.IndexFunc(houses, func(h house) bool { return h.name == name })
	if i < 0 {
		return house{}, false
	}
	return houses[i], true
}

// forbiddenNames lists uses of forbidden names, whatever name their package was imported under.
func forbiddenNames(file *ast.File) (found []string) {
	local := map[string]string{} // name in this file → import path
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(strings.TrimSuffix(imported, "/v2"))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." && forbidden[imported] != nil {
			found = append(found, "imports the names of "+imported+" into its own")
		}
		local[name] = imported
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(forbidden[local[x.Name]], sel.Sel.Name) {
				found = append(found, fmt.Sprintf("uses %s.%s: the core is given a time, a seed and a file system", local[x.Name], sel.Sel.Name))
			}
		}
		return true
	})
	return found
}

// TestBreachesAreSeen shows that each kind of breach is found, and that what is allowed is not taken for one.
func TestBreachesAreSeen(t *testing.T) {
	internal := `"` + module + `internal/`
	for _, c := range []struct {
		file, body string
		want       []string
	}{
		{"internal/money/a.go", `import "time"; var _ time.Duration`, nil},
		{"internal/pricing/a.go", `import _ ` + internal + `token"`, nil},
		{"internal/stats/a.go", `import "math/rand/v2"; var _ = rand.New(rand.NewPCG(1, 2)).IntN(3)`, nil},
		{"internal/repo/a.go", `import ("os"; "time"); var _, _ = os.Args, time.Now()`, nil},
		{"internal/cli/a.go", `import _ ` + internal + `render"`, nil},
		{"internal/money/a_test.go", `import _ "os"`, nil},
		{"internal/render/testdata/a.go", `import _ "os"`, nil},
		{"internal/util/a.go", ``, []string{"package util has no floor"}},
		{"internal/money/inner/a.go", ``, []string{"package money/inner has no floor"}},
		{"internal/token/a.go", `import _ ` + internal + `pricing"`, []string{"imports internal/pricing: it does not stand to the left of token"}},
		{"internal/prompt/a.go", `import _ ` + internal + `pricing"`, []string{"imports internal/pricing: it does not stand to the left of prompt"}},
		{"internal/traffic/a.go", `import _ ` + internal + `replay"`, []string{"imports internal/replay: it stands on floor 2, traffic on floor 1"}},
		{"internal/repo/a.go", `import _ ` + internal + `render"`, []string{"imports internal/render: it does not stand to the left of repo"}},
		{"internal/render/a.go", `import _ ` + internal + `budget"`, []string{"imports internal/budget: render sees only report, source, money"}},
		{"internal/gate/a.go", `import _ "` + module + `cmd/tokengate"`, []string{"imports cmd/tokengate: it has no floor"}},
		{"internal/render/a.go", `import _ "os"`, []string{"imports os: only the edges and the command reach outside"}},
		{"internal/gate/a.go", `import _ "net/http"`, []string{"imports net/http: only the edges and the command reach outside"}},
		{"internal/gate/a.go", `import "time"; var now = time.Now`, []string{"uses time.Now: the core is given a time, a seed and a file system"}},
		{"internal/gate/a.go", `import clock "time"; var now = clock.Now()`, []string{"uses time.Now: the core is given a time, a seed and a file system"}},
		{"internal/gate/a.go", `import . "time"`, []string{"imports the names of time into its own"}},
		{"internal/stats/a.go", `import "math/rand/v2"; var _ = rand.IntN(3)`, []string{"uses math/rand/v2.IntN: the core is given a time, a seed and a file system"}},
	} {
		source := "package x\n" + c.body
		got, err := breaches(fstest.MapFS{c.file: {Data: []byte(source)}})
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.file, err, source)
		}
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], c.file+": ")
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.file, c.body, diff)
		}
	}
}

// TestHousesMatchTheirFloor keeps the table itself sound: names once, and to the left only what stands on the same floor
// earlier in the drawing.
func TestHousesMatchTheirFloor(t *testing.T) {
	floors := map[string]int{}
	for _, h := range houses {
		for _, l := range h.left {
			if f, ok := floors[l]; !ok || f != h.floor {
				t.Errorf("%s does not stand to the left of %s on floor %d", l, h.name, h.floor)
			}
		}
		if _, twice := floors[h.name]; twice {
			t.Errorf("%s stands twice", h.name)
		}
		floors[h.name] = h.floor
	}
}
