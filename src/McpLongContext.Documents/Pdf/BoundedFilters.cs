using System.IO.Compression;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace McpLongContext.Documents.Pdf;

/// <summary>
/// The filters of the library, in front of which the unpacked size of compressed streams is looked at.
/// </summary>
/// <param name="budget">Bounds the time.</param>
internal sealed class BoundedFilters(ReadBudget budget) : IFilterProvider
{
    private readonly IFilterProvider _filters = DefaultFilterProvider.Instance;

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary) => Bound(_filters.GetFilters(dictionary));

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) =>
        Bound(_filters.GetNamedFilters(names));

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetAllFilters() => Bound(_filters.GetAllFilters());

    private List<IFilter> Bound(IReadOnlyList<IFilter> filters) =>
        [.. filters.Select(filter => filter is FlateFilter ? new BoundedFlate(filter, budget) : filter)];

    private sealed class BoundedFlate(IFilter flate, ReadBudget budget) : IFilter
    {
        /// <summary>The largest stream, unpacked.</summary>
        private const long MaxBytes = 128 * 1024 * 1024;

        /// <summary>Deflate cannot do better.</summary>
        private const int MaxRatio = 1032;

        private const int HeaderBytes = 2;

        public bool IsSupported => flate.IsSupported;

        public Memory<byte> Decode(
            Memory<byte> input,
            DictionaryToken streamDictionary,
            IFilterProvider filterProvider,
            int filterIndex
        )
        {
            budget.Check();
            if (input.Length > MaxBytes / MaxRatio && IsTooLarge(input))
            {
                throw new UnreadableDocumentException($"a part of it is larger than {MaxBytes >> 20} MB when unpacked");
            }

            return flate.Decode(input, streamDictionary, filterProvider, filterIndex);
        }

        private static bool IsTooLarge(Memory<byte> input)
        {
            try
            {
                using var packed = new MemoryStream(input[HeaderBytes..].ToArray(), writable: false);
                using var unpacked = new DeflateStream(packed, CompressionMode.Decompress);
                var buffer = new byte[64 * 1024];
                long total = 0;
                for (int read; (read = unpacked.Read(buffer)) > 0 && total <= MaxBytes; )
                {
                    total += read;
                }

                return total > MaxBytes;
            }
            catch (InvalidDataException)
            {
                // Damaged after what was counted; the filter of the library says so.
                return false;
            }
        }
    }
}
