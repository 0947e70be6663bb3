using System.Numerics.Tensors;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// Mean and standard deviation of an encoder's token embeddings, which the quantizer needs. They belong to the model,
/// not to the corpus: measured on text of another language and kind they lost nothing, so a short sample is enough.
/// </summary>
/// <param name="Mean">[hidden].</param>
/// <param name="Deviation">[hidden], positive.</param>
internal sealed record EncoderStatistics(float[] Mean, float[] Deviation)
{
    private const float SmallestDeviation = 1e-4f;

    /// <summary>Prose, dialogue and code, written out as the encoder reads it.</summary>
    private static readonly string[] s_sample =
    [
        """
            The harbour town of Vell had three bridges, and the oldest of them was closed in the spring of 1874, when the ice
            took two of its piers. Nobody was hurt. For eleven years the ferryman carried grain, letters, sheep and, on
            Sundays, the choir of the northern parish; he kept an account of every crossing, which the museum still owns.
            Engineers from the capital surveyed the river twice. Their report recommended iron, but the council, which had to
            pay for it, preferred oak, and so the bridge that visitors photograph today is younger than the railway.
            """,
        """
            Anna: Did you hear back from the clinic? I was worried about you all week.
            Tom: Yes, yesterday. Everything is fine, I just need more sleep and less coffee. How was the trip to Lisbon?
            Anna: Wonderful! We stayed near the castle and my sister taught the kids to surf. I took about 300 pictures.
            Tom: I'd love to see them. Are you still planning to move in March, after the exams?
            Anna: I think so. The new flat is smaller, but there's a garden, and the rent is 20% lower.
            Project manager: So, to sum up, the budget for the second phase stays at forty thousand, and marketing will
            present the survey results next Tuesday. Is there anything else that we need to decide today?
            """,
        """
            In this paper we propose a method for learning representations of events from large corpora without labels. We
            compare two encoders on three datasets and report accuracy, precision and recall. As shown in Table 2, the model
            outperforms the strongest baseline by 3.1 points. We release the code, the data and the trained models. Future
            work includes languages with richer morphology and documents which are longer than the context of the model.
            """,
        """
            storage http client retry policy cs
            public async Task<Response> Send Async(Request request, Cancellation Token cancellation Token = default)
            {
                for (int attempt = 0; attempt < options. Max Retry Count; attempt++)
                {
                    using var timeout = new Cancellation Token Source(options. Timeout);
                    var response = await client. Post Async(request. Url, request. Content, cancellation Token);
                    if (response. Is Success Status Code || !Is Transient(response. Status Code))
                        return response;
                    logger. Log Warning("Attempt {Attempt} failed: {Status}", attempt, response. Status Code);
                    await Task. Delay(backoff. Next Delay(attempt), cancellation Token);
                }
                throw new Invalid Operation Exception($"Gave up after {options. Max Retry Count} attempts.");
            }
            """,
        """
            utils list module py
            def merge sorted(left, right, key = None):
                '''Merge two sorted lists into one and return it.'''
                result, i, j = [], 0, 0
                while i < len(left) and j < len(right):
                    if key(left[i]) <= key(right[j]):
                        result. append(left[i]); i += 1
                    else:
                        result. append(right[j]); j += 1
                return result + left[i:] + right[j:]
            static int read config file(const char *name, struct config *out) {
                FILE *fp = fopen(name, "r");
                if (fp == NULL) return -1; /* the caller reports errno */
                while (fgets(line, sizeof(line), fp)) parse line(line, out);
                fclose(fp);
                return 0;
            }
            """,
    ];

    /// <summary>Measures the statistics of an encoder on a sample of mixed text.</summary>
    public static EncoderStatistics Measure(PassageEncoder encoder)
    {
        var encoded = encoder.Encode(s_sample, firstOrdinal: 0, CancellationToken.None);
        var tokens = encoded.TokenCounts.Sum();
        var hidden = encoded.Embeddings.Length / tokens;
        var mean = new float[hidden];
        var squares = new float[hidden];
        for (var i = 0; i < tokens; i++)
        {
            var state = encoded.Embeddings.AsSpan(i * hidden, hidden);
            TensorPrimitives.Add(mean, state, mean);
            TensorPrimitives.MultiplyAdd<float>(state, state, squares, squares);
        }

        TensorPrimitives.Divide(mean, tokens, mean);
        var deviation = new float[hidden];
        for (var i = 0; i < hidden; i++)
        {
            var variance = (squares[i] / tokens) - (mean[i] * mean[i]);
            deviation[i] = MathF.Max(SmallestDeviation, MathF.Sqrt(MathF.Max(0, variance)));
        }

        return new EncoderStatistics(mean, deviation);
    }
}
