using System.Text;
using System.Xml.Linq;
using McpLongContext.Documents.Archives;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// OpenDocument texts (<c>.odt</c>, ODF 1.3): paragraphs under their headings, lists, tables, notes. Cited by the numbers of
/// paragraphs and tables, 1-based, as Word documents are: <c>#paragraph=41</c>, <c>#table=2</c>.
/// </summary>
internal sealed class OpenDocumentFormat : IDocumentFormat
{
    private const string Content = "content.xml";
    private const string MediaType = "application/vnd.oasis.opendocument.text";

    /// <inheritdoc/>
    public string Name => "OpenDocument";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file)
    {
        // The first part is the media type, stored as it is, so that it stands at a fixed place.
        const int MediaTypeOffset = 38;
        var bytes = file.Bytes.Span;
        return file.Parts.Contains(Content)
            && (
                file.Extension == ".odt"
                || (
                    bytes.Length > MediaTypeOffset + MediaType.Length
                    && bytes.Slice(MediaTypeOffset, MediaType.Length).SequenceEqual(Encoding.ASCII.GetBytes(MediaType))
                )
            );
    }

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var package = PackageReader.Open(file);
        if (package.FindXml("META-INF/manifest.xml")?.Descendants().Any(Is("encryption-data")) == true)
        {
            throw new UnreadableDocumentException("encrypted; save it anew without a password");
        }

        if (
            package.FindXml(Content)?.Descendants().FirstOrDefault(Is("body"))?.Elements().FirstOrDefault(Is("text"))
            is not { } body
        )
        {
            return false;
        }

        new Reading(text, budget).AddBody(body);
        return true;
    }

    /// <summary>By the local name: the names that are read stand in one namespace each.</summary>
    private static Func<XElement, bool> Is(string name) => element => element.Name.LocalName == name;

    private sealed class Reading(TextBuilder text, ReadBudget budget)
    {
        private readonly List<(string Id, string Text)> _notes = [];
        private int _paragraphs;
        private int _tables;

        public void AddBody(XElement body)
        {
            AddBlocks(body, item: "", depth: 0);
            foreach (var (id, note) in _notes)
            {
                text.Mark($"note={LocationFragment.Of(id)}", cuts: false);
                text.AddParagraph($"[{id}] {note}");
            }
        }

        private void AddBlocks(XElement parent, string item, int depth)
        {
            ReadBudget.CheckDepth(depth);
            foreach (var element in parent.Elements())
            {
                budget.Check();
                switch (element.Name.LocalName)
                {
                    case "h":
                        text.Mark($"paragraph={++_paragraphs}", cuts: false);
                        text.AddHeading(LevelOf(element), TextOf(element, depth));
                        break;
                    case "p":
                        AddParagraph(element, item, depth);
                        break;
                    case "list":
                        AddBlocks(element, "- ", depth + 1);
                        break;
                    case "table":
                        AddTable(element, depth);
                        break;
                    case "list-item"
                    or "list-header"
                    or "section"
                    or "index-body"
                    or "table-of-content"
                    or "numbered-paragraph":
                        AddBlocks(element, item, depth + 1);
                        break;
                }
            }
        }

        private void AddParagraph(XElement element, string item, int depth)
        {
            text.Mark($"paragraph={++_paragraphs}", cuts: false);
            var words = TextOf(element, depth);
            if (item.Length > 0 && words.Length > 0)
            {
                text.Add(item + words);
            }
            else
            {
                text.AddParagraph(words);
            }
        }

        private void AddTable(XElement table, int depth)
        {
            text.Mark($"table={++_tables}", cuts: false);
            text.Blank();
            foreach (var row in table.Descendants().Where(Is("table-row")).Where(row => TableOf(row) == table))
            {
                budget.Check();
                text.AddRow(row.Elements().Where(Is("table-cell")).Select(cell => TextOf(cell, depth)));
            }

            text.Blank();
        }

        private static XElement TableOf(XElement row) => row.Ancestors().First(Is("table"));

        private static int LevelOf(XElement heading) =>
            int.TryParse(
                heading.Attributes().FirstOrDefault(attribute => attribute.Name.LocalName == "outline-level")?.Value,
                out var level
            )
                ? level
                : 1;

        private string TextOf(XElement element, int depth)
        {
            var words = new StringBuilder();
            Append(words, element, depth);
            return words.ToString().Trim();
        }

        private void Append(StringBuilder words, XElement parent, int depth)
        {
            ReadBudget.CheckDepth(depth);
            foreach (var node in parent.Nodes())
            {
                if (node is XText characters)
                {
                    // White space is written out as elements; in the file itself it is layout.
                    words.Append(characters.Value.ReplaceLineEndings(" "));
                }
                else if (node is XElement element)
                {
                    Append(words, element, element.Name.LocalName, depth);
                }
            }
        }

        private void Append(StringBuilder words, XElement element, string name, int depth)
        {
            switch (name)
            {
                case "s":
                    words.Append(' ');
                    break;
                case "tab":
                    words.Append('\t');
                    break;
                case "line-break":
                    words.Append('\n');
                    break;
                case "note":
                    AppendNote(words, element, depth + 1);
                    break;
                case "annotation" or "annotation-end" or "tracked-changes" or "desc" or "title":
                    break;
                case "p" or "h" or "list-item":
                    words.Append(words.Length > 0 ? " " : "");
                    Append(words, element, depth + 1);
                    break;
                default:
                    Append(words, element, depth + 1);
                    break;
            }
        }

        private void AppendNote(StringBuilder words, XElement note, int depth)
        {
            var id = note.Elements().FirstOrDefault(Is("note-citation"))?.Value.Trim();
            id = string.IsNullOrEmpty(id) ? $"{_notes.Count + 1}" : id;
            words.Append('[').Append(id).Append(']');
            if (note.Elements().FirstOrDefault(Is("note-body")) is { } body)
            {
                _notes.Add((id, TextOf(body, depth)));
            }
        }
    }
}
