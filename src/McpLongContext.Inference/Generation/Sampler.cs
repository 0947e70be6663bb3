using System.Numerics.Tensors;

namespace McpLongContext.Inference.Generation;

/// <summary>
/// Chooses the next token from the logits. In this order: repetition penalty; the likeliest k; of those, the nucleus
/// (Holtzman et al. 2020, arXiv 1904.09751) and what min-p leaves (Nguyen et al. 2024, arXiv 2407.01082), both by the
/// probabilities before temperature; then one of what is left, by the probabilities after temperature. At least one
/// token is always left. One sampler serves one sequence; it allocates nothing per token.
/// </summary>
public sealed class Sampler
{
    /// <summary>More than the rounding of single precision may shift a bound that only saves work.</summary>
    private const float Tolerance = 0.01f;

    private readonly SamplingSettings _settings;
    private readonly RecentTokens _recent;
    private readonly float[] _scores;
    private readonly float[] _probabilities;
    private readonly int[] _ids;
    private SplitMix _random;

    /// <summary>Creates the sampler.</summary>
    /// <param name="vocabularySize">The number of logits.</param>
    /// <param name="settings">How to choose.</param>
    public Sampler(int vocabularySize, SamplingSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _recent = new RecentTokens(settings.RepetitionPenalty > 1 ? settings.RepetitionWindow : 0);
        _scores = new float[vocabularySize];
        _probabilities = new float[vocabularySize];
        _ids = new int[vocabularySize];
        _random = new SplitMix(settings.Seed);
    }

    /// <summary>Chooses a token and counts it as said.</summary>
    /// <param name="logits"><c>[vocabulary]</c>; a token with negative infinity is never chosen. Left as it is.</param>
    /// <exception cref="ArgumentException">There are more or fewer logits, or none of them is a number.</exception>
    public int Next(ReadOnlySpan<float> logits)
    {
        var count = Prepare(logits);
        var id = count == 1 ? _ids[0] : Draw(count);
        _recent.Add(id);
        return id;
    }

    /// <summary>Counts a token of the prompt as said, for the repetition penalty.</summary>
    public void Accept(int id) => _recent.Add(id);

    /// <summary>The tokens that may be chosen and their probabilities, which sum up to 1.</summary>
    internal (int[] Ids, float[] Probabilities) Candidates(ReadOnlySpan<float> logits)
    {
        var count = Prepare(logits);
        return (_ids[..count], count == 1 ? [1] : _probabilities[..count]);
    }

    /// <summary>Fills ids and probabilities with what is left, and returns its number.</summary>
    private int Prepare(ReadOnlySpan<float> logits)
    {
        if (logits.Length != _scores.Length)
        {
            throw new ArgumentException($"{logits.Length} logits found, expected {_scores.Length}.", nameof(logits));
        }

        logits.CopyTo(_scores);
        _recent.Penalize(_scores, _settings.RepetitionPenalty);

        var best = TensorPrimitives.IndexOfMax<float>(_scores);
        if (!float.IsFinite(_scores[best]))
        {
            throw new ArgumentException(
                $"The logit {_scores[best]} found: the model's arithmetic failed.",
                nameof(logits)
            );
        }

        if (_settings.Temperature == 0)
        {
            _ids[0] = best;
            return 1;
        }

        var highest = _scores[best];
        var count = Filter(highest);
        var sum = Exponentials(count, highest, _settings.Temperature);
        var probabilities = _probabilities.AsSpan(0, count);
        TensorPrimitives.Divide(probabilities, sum, probabilities);
        return count;
    }

    /// <summary>Leaves what the filters let through at the front of scores and ids.</summary>
    private int Filter(float best)
    {
        for (var id = 0; id < _ids.Length; id++)
        {
            _ids[id] = id;
        }

        var count = Keep(_ids.Length, float.MinValue);
        var takesK = _settings.TopK > 0 && _settings.TopK < count;
        if (takesK)
        {
            count = Keep(count, KthScore(count, _settings.TopK));
            SortDescending(count);
            count = _settings.TopK;
        }

        if (_settings.TopP < 1)
        {
            var sum = Exponentials(count, best, temperature: 1);
            if (!takesK)
            {
                // Were a token in the nucleus with less than (1 - p) / n, then this one and all below it, being at most
                // n, would have less than 1 - p together: those before it would be enough. So few have to be sorted.
                count = Keep(count, best + MathF.Log((1 - _settings.TopP) * sum / count) - Tolerance);
                SortDescending(count);
            }

            count = NucleusOf(count, best, sum);
        }

        return _settings.MinP > 0 ? Keep(count, best + MathF.Log(_settings.MinP)) : count;
    }

    /// <summary>Keeps, of the first tokens, those of at least a score, in their order.</summary>
    private int Keep(int count, float least)
    {
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (_scores[i] >= least)
            {
                _scores[kept] = _scores[i];
                _ids[kept++] = _ids[i];
            }
        }

        return kept;
    }

    /// <summary>Fills the probabilities, up to a factor, and returns their sum.</summary>
    private float Exponentials(int count, float best, float temperature)
    {
        var probabilities = _probabilities.AsSpan(0, count);
        TensorPrimitives.Subtract(_scores.AsSpan(0, count), best, probabilities);
        TensorPrimitives.Divide(probabilities, temperature, probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        return TensorPrimitives.Sum<float>(probabilities);
    }

    /// <summary>The k-th highest score, from a heap of k with the lowest on top.</summary>
    private float KthScore(int count, int k)
    {
        var heap = _probabilities.AsSpan(0, k);
        _scores.AsSpan(0, k).CopyTo(heap);
        for (var i = k / 2 - 1; i >= 0; i--)
        {
            SiftDown(heap, i);
        }

        foreach (var score in _scores.AsSpan(k..count))
        {
            if (score > heap[0])
            {
                heap[0] = score;
                SiftDown(heap, 0);
            }
        }

        return heap[0];
    }

    private static void SiftDown(Span<float> heap, int at)
    {
        while (2 * at + 1 < heap.Length)
        {
            var child = 2 * at + 1;
            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (heap[at] <= heap[child])
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    /// <summary>By descending score; equal ones by id, so that the order is the same everywhere.</summary>
    private void SortDescending(int count)
    {
        var scores = _scores.AsSpan(0, count);
        var ids = _ids.AsSpan(0, count);
        TensorPrimitives.Negate(scores, scores);
        scores.Sort(ids);
        for (var start = 0; start < count; )
        {
            var end = start + 1;
            while (end < count && scores[end] == scores[start])
            {
                end++;
            }

            ids[start..end].Sort();
            start = end;
        }

        TensorPrimitives.Negate(scores, scores);
    }

    /// <summary>How many of the first tokens have the probability p together.</summary>
    private int NucleusOf(int count, float best, float sum)
    {
        var reached = 0.0;
        for (var i = 0; i < count; i++)
        {
            reached += Math.Exp(_scores[i] - best) / sum;
            if (reached >= _settings.TopP)
            {
                return i + 1;
            }
        }

        return count;
    }

    private int Draw(int count)
    {
        var left = _random.NextDouble();
        for (var i = 0; i < count; i++)
        {
            left -= _probabilities[i];
            if (left < 0)
            {
                return _ids[i];
            }
        }

        return _ids[TensorPrimitives.IndexOfMax<float>(_probabilities.AsSpan(0, count))]; // rounding
    }
}
