package forecast

import (
	"math"
	"math/rand/v2"
)

// service is a simulated endpoint: what its calls hold, and how long they take at a time of the recording (0 to 1 over
// two days). The constants are ours; the shapes are those of serving: prefill by uncached token, a little by cached
// token, decoding by output token at a pace that the load sets, waiting in a queue, batches, outages.
type service struct {
	name string
	call func(rng *rand.Rand, at float64) LatencySample
	took func(rng *rand.Rand, s LatencySample, at float64) float64
}

// load is the pace of a busy service over two days: half as slow again at noon as at night.
func load(at float64) float64 { return 1.25 + 0.25*math.Sin(4*math.Pi*at) }

func skewed(rng *rand.Rand, spread float64) float64 { return math.Exp(spread * rng.NormFloat64()) }

func chat(rng *rand.Rand, _ float64) LatencySample {
	return LatencySample{Uncached: 100 + 1500*rng.ExpFloat64(), Output: 10 + 250*rng.ExpFloat64()}
}

// agent reads a growing conversation from the cache.
func agent(rng *rand.Rand, _ float64) LatencySample {
	turn := float64(rng.IntN(40))
	return LatencySample{Uncached: 200 + 1500*rng.ExpFloat64(), Cached: 4000 + 1800*turn, Output: 30 + 200*rng.ExpFloat64()}
}

func plain(rng *rand.Rand, s LatencySample, _ float64) float64 {
	return (350 + 0.08*s.Uncached + 0.004*s.Cached + 14*s.Output) * skewed(rng, 0.2)
}

var services = []service{
	{"linear", chat, plain},
	{"agent", agent, plain},
	{"daily load", agent, func(rng *rand.Rand, s LatencySample, at float64) float64 {
		return (400 + 0.1*s.Uncached + 0.004*s.Cached + 15*load(at)*s.Output) * skewed(rng, 0.25)
	}},
	{"queue", chat, func(rng *rand.Rand, s LatencySample, at float64) float64 {
		wait := 0.0
		if rng.Float64() < 0.3*load(at) {
			wait = 400 * math.Pow(rng.Float64(), -1/1.6) // Pareto: no variance
		}
		return plain(rng, s, at) + wait
	}},
	{"batches", chat, func(rng *rand.Rand, s LatencySample, at float64) float64 {
		pace := []float64{9, 14, 26}[rng.IntN(3)] // how many others are decoded with it
		return 300 + 0.06*s.Uncached + pace*s.Output*skewed(rng, 0.08)
	}},
	{"long context", agent, func(rng *rand.Rand, s LatencySample, _ float64) float64 {
		pace := 8 + 0.00035*(s.Uncached+s.Cached) // attention: the longer the context, the slower a token
		return (500 + 0.15*s.Uncached + 0.002*s.Cached + pace*s.Output) * skewed(rng, 0.2)
	}},
	{"outage", chat, func(rng *rand.Rand, s LatencySample, at float64) float64 {
		if at > 0.3 && at < 0.34 {
			return plain(rng, s, at) + 30_000*rng.Float64()
		}
		return plain(rng, s, at)
	}},
	{"faster since noon", chat, func(rng *rand.Rand, s LatencySample, at float64) float64 {
		if at < 0.35 {
			return 1.8 * plain(rng, s, at)
		}
		return plain(rng, s, at)
	}},
	{"fixed lengths", func(*rand.Rand, float64) LatencySample { return LatencySample{Uncached: 550, Output: 150} }, plain},
	{"nearly fixed", func(rng *rand.Rand, _ float64) LatencySample {
		return LatencySample{Uncached: 548 + float64(rng.IntN(5)), Output: 148 + float64(rng.IntN(4))}
	}, func(rng *rand.Rand, _ LatencySample, at float64) float64 { return 2500 * load(at) * skewed(rng, 0.4) }},
	{"hidden work", chat, func(rng *rand.Rand, _ LatencySample, _ float64) float64 { return 900 * skewed(rng, 0.9) }},
}

// simulate makes n calls of a service in the order of time.
func simulate(s service, n int, seed uint64) []LatencySample {
	rng := rand.New(rand.NewPCG(seed, uint64(len(s.name))))
	out := make([]LatencySample, n)
	for i := range out {
		at := float64(i) / float64(n)
		out[i] = s.call(rng, at)
		out[i].Millis = s.took(rng, out[i], at)
	}
	return out
}
