using System.Numerics;
using System.Numerics.Tensors;

namespace McpLongContext.Kernels.Search;

/// <summary>
/// Collects the largest of many scores: those above the least one that may still count go into a buffer of twice the
/// wanted size, which is halved by a partition whenever it is full.
/// </summary>
public sealed class TopScores
{
    private readonly int _count;
    private readonly float[] _scores;
    private readonly int[] _places;
    private int _filled;
    private float _threshold = float.NegativeInfinity;

    /// <summary>Creates an empty collection.</summary>
    /// <param name="count">How many to collect, positive.</param>
    public TopScores(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _count = count;
        _scores = new float[2 * count];
        _places = new int[2 * count];
    }

    /// <summary>Adds scores.</summary>
    /// <param name="scores">No NaN.</param>
    /// <param name="first">The place of the first one; the others follow.</param>
    public void Add(ReadOnlySpan<float> scores, int first)
    {
        var i = 0;
        while (i < scores.Length)
        {
            // Nearly all vectors have nothing that counts.
            if (i + Vector<float>.Count <= scores.Length)
            {
                if (!Vector.GreaterThanAny(new Vector<float>(scores[i..]), new Vector<float>(_threshold)))
                {
                    i += Vector<float>.Count;
                    continue;
                }
            }

            var end = Math.Min(i + Vector<float>.Count, scores.Length);
            for (; i < end; i++)
            {
                if (scores[i] > _threshold)
                {
                    Append(scores[i], first + i);
                }
            }
        }
    }

    /// <summary>Ends the collection, and makes it empty for the next one.</summary>
    /// <param name="places">Receives the places of the largest scores, in no order; as many as there are, at most
    /// the wanted number.</param>
    /// <returns>How many there are.</returns>
    public int Take(Span<int> places)
    {
        var count = Math.Min(_filled, _count);
        Partition(_scores.AsSpan(0, _filled), _places.AsSpan(0, _filled), count);
        _places.AsSpan(0, count).CopyTo(places);
        (_filled, _threshold) = (0, float.NegativeInfinity);
        return count;
    }

    /// <summary>Moves the largest scores to the front, in no order.</summary>
    /// <param name="scores">No NaN.</param>
    /// <param name="places">Moved with the scores; as long.</param>
    /// <param name="count">How many, 0 to all.</param>
    public static void Partition(Span<float> scores, Span<int> places, int count)
    {
        var (low, high) = (0, scores.Length - 1);
        while (low < high)
        {
            var pivot = Median(scores[low], scores[low + ((high - low) / 2)], scores[high]);
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (scores[i] > pivot)
                {
                    i++;
                }

                while (scores[j] < pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (scores[i], scores[j]) = (scores[j], scores[i]);
                    (places[i], places[j]) = (places[j], places[i]);
                    i++;
                    j--;
                }
            }

            if (count - 1 <= j)
            {
                high = j;
            }
            else if (count >= i)
            {
                low = i;
            }
            else
            {
                return;
            }
        }
    }

    private static float Median(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    private void Append(float score, int place)
    {
        (_scores[_filled], _places[_filled]) = (score, place);
        if (++_filled == _scores.Length)
        {
            Partition(_scores, _places, _count);
            _filled = _count;
            _threshold = TensorPrimitives.Min<float>(_scores.AsSpan(0, _count));
        }
    }
}
