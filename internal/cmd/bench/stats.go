package main

import (
	"fmt"
	"math"
	"slices"
)

// stats are of the values of one thing, measured several times.
type stats struct{ median, low, high float64 }

// median returns the stats of one figure of the samples; all NaN if there is none.
func median(samples []sample, figure func(sample) float64) stats {
	var values []float64
	for _, s := range samples {
		values = append(values, figure(s))
	}
	return statsOf(values)
}

func statsOf(values []float64) stats {
	if len(values) == 0 {
		return stats{math.NaN(), math.NaN(), math.NaN()}
	}
	values = slices.Sorted(slices.Values(values))
	middle := len(values) / 2
	m := values[middle]
	if len(values)%2 == 0 {
		m = (values[middle-1] + m) / 2
	}
	return stats{m, values[0], values[len(values)-1]}
}

// The figures of a sample, in seconds and bytes.
func wall(s sample) float64        { return s.wall.Seconds() }
func working(s sample) float64     { return s.working.Seconds() }
func engineCPU(s sample) float64   { return s.engineCPU.Seconds() }
func providerCPU(s sample) float64 { return s.providerCPU.Seconds() }
func cpu(s sample) float64         { return s.cpu().Seconds() }
func memory(s sample) float64      { return float64(s.memory) }
func connections(s sample) float64 { return float64(s.connections) }
func requests(s sample) float64    { return float64(s.requests) }

func (s stats) plus(x float64) stats { return stats{s.median + x, s.low + x, s.high + x} }

// times changes the unit.
func (s stats) times(x float64) stats { return stats{s.median * x, s.low * x, s.high * x} }

// over is the ratio of the medians.
func (s stats) over(other stats) float64 { return s.median / other.median }

func (s stats) format(unit string, digits int) string {
	m, low, high := fmt.Sprintf("%.*f", digits, s.median), fmt.Sprintf("%.*f", digits, s.low), fmt.Sprintf("%.*f", digits, s.high)
	if low == high {
		return m + unit
	}
	return fmt.Sprintf("%s%s (%s–%s)", m, unit, low, high)
}

func (s stats) seconds() string      { return s.format(" s", 2) }
func (s stats) milliseconds() string { return s.times(1e3).format(" ms", 1) }
func (s stats) microseconds() string { return s.times(1e6).format(" µs", 1) }
func (s stats) megabytes() string    { return s.times(1.0/(1<<20)).format(" MB", 1) }
func (s stats) count() string        { return s.format("", 0) }

// ratio is that of the medians, or a dash.
func ratio(a, b stats) string {
	r := a.over(b)
	return orDash(!math.IsNaN(r), fmt.Sprintf("%.2f", r))
}

func orDash(known bool, text string) string {
	if known {
		return text
	}
	return "–"
}
