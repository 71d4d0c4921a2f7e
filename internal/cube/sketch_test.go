package cube

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

type bin struct {
	Bin int
	N   uint64
}

func bins(s *Sketch) (out []bin) {
	s.each(func(b int, n uint64) { out = append(out, bin{b, n}) })
	return out
}

func TestBinOf(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want int
	}{
		{1, 1}, {1499, 1}, {1500, 2}, {63 * time.Microsecond, 63}, {64 * time.Microsecond, 64}, {127 * time.Microsecond, 127},
		{128 * time.Microsecond, 128}, {129 * time.Microsecond, 128}, {130 * time.Microsecond, 129},
		{time.Millisecond, 317},              // 1000 = 125 × 2^3: 3×64 + 125
		{time.Second, 954},                   // 10^6 ÷ 2^13 = 122.07: 13×64 + 122
		{longest, 2315}, {2 * longest, 2315}, // 2.592 × 10^12 ÷ 2^35 = 75.4: 35×64 + 75
		{math.MaxInt64, 2315},
	} {
		if got := binOf(c.d); got != c.want {
			t.Errorf("%v: bin %d, want %d", c.d, got, c.want)
		}
	}
}

// Bins follow each other without a gap, and none is wider than the stated error allows.
func TestBinRanges(t *testing.T) {
	next := uint64(0)
	for b := range maxBin + 1 {
		first, last := binRange(b)
		if first != next || last < first {
			t.Fatalf("bin %d is %d to %d, want it to begin at %d", b, first, last, next)
		}
		if half := float64(last-first) / 2; half > SketchError*float64(first) {
			t.Fatalf("bin %d is %d to %d: half of it is %g of its beginning", b, first, last, half/float64(first))
		}
		if b > 0 && (binOf(time.Duration(first)*time.Microsecond) != b || binOf(min(time.Duration(last)*time.Microsecond, longest)) != b) {
			t.Fatalf("%d and %d are not in bin %d", first, last, b)
		}
		next = last + 1
	}
}

// Quantiles are within the stated error of the sample's own, and agree with HdrHistogram's within both errors (where the
// rank is a whole number: it rounds ranks to the nearest).
func TestSketchQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, n := range []int{1, 2, 7, 40, 5000} {
		var s Sketch
		h := hdrhistogram.New(1, int64(longest/time.Microsecond), 2)
		var sample []int64
		for range n {
			us := int64(math.Exp(r.NormFloat64()*1.5+13)) + 1
			sample = append(sample, us)
			s.Add(time.Duration(us)*time.Microsecond, 1)
			if err := h.RecordValue(us); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(sample)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.95, 0.999, 1} {
			got := float64(s.Quantile(q)) / 1000
			want := float64(sample[max(1, int(math.Ceil(q*float64(n))))-1])
			if math.Abs(got-want) > SketchError*want {
				t.Errorf("%d values: quantile %g is %g, want %g", n, q, got, want)
			}
			if peer := float64(h.ValueAtQuantile(100 * q)); n == 5000 && q > 0 && math.Abs(got-peer) > (SketchError+0.01)*peer {
				t.Errorf("%d values: quantile %g is %g, HdrHistogram has %g", n, q, got, peer)
			}
		}
		if s.Count() != int64(n) {
			t.Errorf("%d counted, want %d", s.Count(), n)
		}
	}
	if got := new(Sketch).Quantile(0.5); got != 0 {
		t.Errorf("nothing has the median %v", got)
	}
}

// A sketch counts like a map, with few bins and with many, with small counts and with such as no page has room for.
func TestSketchCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for round := range 60 {
		var s Sketch
		want := map[int]uint64{}
		for range 1 + r.IntN(600) {
			d := time.Duration(1+r.IntN(1+round)) * time.Millisecond * time.Duration(1+r.IntN(1<<r.IntN(12)))
			n := 1 + r.Int64N(1<<r.IntN(40))
			s.Add(d, n)
			want[binOf(d)] += uint64(n)
		}
		var sorted []bin
		for b := range maxBin + 1 {
			if want[b] > 0 {
				sorted = append(sorted, bin{b, want[b]})
			}
		}
		if diff := cmp.Diff(sorted, bins(&s)); diff != "" {
			t.Fatal(diff)
		}
		var both Sketch
		both.Merge(&s)
		both.Merge(&Sketch{})
		if diff := cmp.Diff(sorted, bins(&both)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestSketchIsSmall(t *testing.T) {
	var s Sketch
	for i := range 8 {
		s.Add(time.Duration(1+i)*time.Second, 1)
	}
	if s.many != nil || cap(s.few) > 8 {
		t.Errorf("8 durations take %d places and pages: %v", cap(s.few), s.many != nil)
	}
	for i := range 3000 {
		s.Add(time.Second+time.Duration(i)*time.Millisecond, 1)
	}
	if s.many == nil || len(s.few) > fewBins {
		t.Errorf("3,008 durations leave %d in the list", len(s.few))
	}
	s = Sketch{}
	for bin := 1; bin <= maxBin; bin += 16 { // four to an octave: none is dense
		s.add(bin, 1)
	}
	if s.many != nil {
		t.Error("sparse bins have pages")
	}
}

func TestSketchIgnoresWhatIsNotKnown(t *testing.T) {
	var s Sketch
	s.Add(0, 5)
	s.Add(-time.Second, 5)
	s.Add(time.Second, 0)
	s.Add(time.Second, -1)
	if s.Count() != 0 {
		t.Errorf("%d counted", s.Count())
	}
	s.Add(time.Second, math.MaxInt64)
	s.Add(time.Second, math.MaxInt64)
	if s.Count() != maxCount {
		t.Errorf("%d counted, want it held at %d", s.Count(), int64(maxCount))
	}
}
