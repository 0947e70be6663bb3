using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace McpLongContext.Documents.Pdf;

/// <summary>
/// The filters of the library; those that can unpack a small stream to a large one are asked only after its length was
/// counted.
/// </summary>
/// <param name="budget">Bounds the time.</param>
internal sealed class BoundedFilters(ReadBudget budget) : IFilterProvider
{
    // Bytes that a byte unpacks to at most: deflate's limit; 4,096 bytes for a code of 12 bits; 128 for two.
    private const int FlateRatio = 1032;
    private const int LzwRatio = 2731;
    private const int RunLengthRatio = 64;

    private readonly IFilterProvider _filters = DefaultFilterProvider.Instance;

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary) => Bound(_filters.GetFilters(dictionary));

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) =>
        Bound(_filters.GetNamedFilters(names));

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetAllFilters() => Bound(_filters.GetAllFilters());

    private List<IFilter> Bound(IReadOnlyList<IFilter> filters) =>
        [
            .. filters.Select(filter =>
                filter switch
                {
                    FlateFilter => new Bounded(filter, FlateRatio, UnpackedLength.OfFlate, budget),
                    LzwFilter => new Bounded(filter, LzwRatio, UnpackedLength.OfLzw, budget),
                    RunLengthFilter => new Bounded(filter, RunLengthRatio, UnpackedLength.OfRunLength, budget),
                    _ => filter,
                }
            ),
        ];

    private sealed class Bounded(
        IFilter filter,
        int mostRatio,
        Func<ReadOnlyMemory<byte>, long, long> count,
        ReadBudget budget
    ) : IFilter
    {
        /// <summary>The largest stream, unpacked.</summary>
        private const long MaxBytes = 128 * 1024 * 1024;

        public bool IsSupported => filter.IsSupported;

        public Memory<byte> Decode(
            Memory<byte> input,
            DictionaryToken streamDictionary,
            IFilterProvider filterProvider,
            int filterIndex
        )
        {
            budget.Check();
            if (input.Length > MaxBytes / mostRatio && count(input, MaxBytes) > MaxBytes)
            {
                throw new UnreadableDocumentException($"a part of it is larger than {MaxBytes >> 20} MB when unpacked");
            }

            return filter.Decode(input, streamDictionary, filterProvider, filterIndex);
        }
    }
}
