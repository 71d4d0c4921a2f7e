package forecast

// Pool sums up scores of one horizon, each at equal weight however many trials it has, of series that have nothing to do
// with each other. Those without a trial give their silent origins only. Scores of different horizons cannot be pooled;
// it panics.
func Pool(scores []*Score) *Score {
	p, spread := pool(scores)
	for _, s := range scores {
		p.Apart += s.Apart
	}
	if n := float64(p.Series); n > 0 {
		p.Weighs = n * n / spread // the variance of a mean of rates, each of its own number of trials
	}
	return p
}

// PoolParts is Pool for the parts of one whole over the same days, such as the tracks of a project. They rise and fall
// together, so that all of them weigh no more than one.
func PoolParts(scores []*Score) *Score {
	p, spread := pool(scores)
	for _, s := range scores {
		p.Apart = max(p.Apart, s.Apart)
	}
	if n := float64(p.Series); n > 0 {
		p.Weighs = n / spread
	}
	return p
}

// pool does what both have in common; spread is the sum of 1 ÷ Weighs.
func pool(scores []*Score) (p *Score, spread float64) {
	p = &Score{Gates: newGates()}
	for _, s := range scores {
		if p.Horizon != 0 && p.Horizon != s.Horizon {
			panic("forecast: scores of different horizons in one pool")
		}
		p.Horizon = s.Horizon
		p.Silent += s.Silent
		if s.Trials == 0 {
			continue
		}
		p.add(s)
		spread += 1 / s.Weighs
	}
	if p.Series == 0 {
		p.unknown()
		return p, 0
	}
	p.ours.over(float64(p.Series))
	p.naive.over(float64(p.Series))
	return p, spread
}

func (s *Score) add(o *Score) {
	s.Series, s.Better, s.Trials = s.Series+o.Series, s.Better+o.Better, s.Trials+o.Trials
	s.logRatio += o.logRatio
	s.ours.plus(&o.ours)
	s.naive.plus(&o.naive)
	for i := range s.Gates {
		s.Gates[i].merge(o.Gates[i])
	}
}
