using System.Globalization;
using System.Security.Claims;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Resources;

/// <summary>
/// The documents as resources: listed in pages, datastore by datastore, and read whole or by a range of lines.
/// </summary>
internal sealed class DocumentResources(Lazy<DatastoreManager> datastores)
{
    private const int PageSize = 200;
    private const int LargestText = 1_000_000;
    private const string MimeType = "text/plain";

    /// <summary>Makes the server answer for resources by these documents.</summary>
    public void Handle(McpServerHandlers handlers)
    {
        handlers.ListResourceTemplatesHandler = (_, _) => ValueTask.FromResult(Templates());
        handlers.ListResourcesHandler = (request, _) =>
            Guarded(request.User, access => List(request.Params?.Cursor, access));
        handlers.ReadResourceHandler = (request, _) =>
            Guarded(request.User, access => Read(request.Params?.Uri, access), request.Params?.Uri);
    }

    private static ListResourceTemplatesResult Templates() =>
        new()
        {
            ResourceTemplates =
            [
                new ResourceTemplate
                {
                    Name = "document",
                    Title = "A document, or some of its lines",
                    UriTemplate = ResourceUri.Template,
                    MimeType = MimeType,
                    Description =
                        "An ingested document by datastore and path as citations show it; lines=10-20 reads those "
                        + "lines only, columns=1-900 those columns of one line, 1-based and inclusive.",
                },
            ],
        };

    private static Access Reader(Access access) =>
        access.Allows(Scopes.Read)
            ? access
            : throw new ContextException("uri: the token lacks the scope read; use another token.");

    private ListResourcesResult List(string? cursor, Access access)
    {
        var position = cursor is null ? Position.Start : Position.Parse(cursor);
        var page = new List<Resource>(PageSize);
        foreach (var name in Names(access).SkipWhile(name => string.CompareOrdinal(name, position.Datastore) < 0))
        {
            var skip = name == position.Datastore ? position.Document : 0;
            foreach (var (index, document) in datastores.Value.Show(name).Documents.Index().Skip(skip))
            {
                if (page.Count == PageSize)
                {
                    return new() { Resources = page, NextCursor = new Position(name, index).ToString() };
                }

                page.Add(Describe(name, document));
            }
        }

        return new() { Resources = page };
    }

    private IEnumerable<string> Names(Access access) =>
        datastores.Value.List().Select(datastore => datastore.Name).Where(access.Allows).Order(StringComparer.Ordinal);

    private static Resource Describe(string datastore, DocumentSummary document) =>
        new()
        {
            Uri = new ResourceUri(datastore, document.Path).ToString(),
            Name = document.Path,
            Description = $"{document.Kind}, {document.Lines} lines, datastore {datastore}",
            MimeType = MimeType,
            Size = document.Bytes,
        };

    private ReadResourceResult Read(string? uri, Access access)
    {
        if (uri is null)
        {
            throw new ContextException("uri: missing; give the address of a document.");
        }

        var address = ResourceUri.Parse(uri);
        access.Require(address.Datastore);
        var document = Read(address);
        if (document.Text.Length > LargestText)
        {
            throw new ContextException(
                $"uri: {address.Document} has {document.Lines} lines, more than one result can carry; read it in "
                    + "parts, for example with ?lines=1-1000."
            );
        }

        return new()
        {
            Contents =
            [
                new TextResourceContents
                {
                    Uri = uri,
                    MimeType = MimeType,
                    Text = document.Text,
                },
            ],
        };
    }

    /// <summary>Reads what an address names; one that ends like a citation names those lines.</summary>
    private DocumentText Read(ResourceUri address)
    {
        try
        {
            return datastores.Value.Read(
                address.Datastore,
                address.Document,
                address.StartLine,
                address.EndLine,
                address.Columns
            );
        }
        catch (ContextException) when (address.OfCitation() is { } cited)
        {
            return Read(cited);
        }
    }

    private static ValueTask<T> Guarded<T>(ClaimsPrincipal? user, Func<Access, T> answer, string? uri = null)
    {
        var access = Access.Of(user);
        try
        {
            return ValueTask.FromResult(answer(Reader(access)));
        }
        catch (Exception error) when (UserError.Is(error))
        {
            var refusal = new McpProtocolException(access.MessageOf(error), error, McpErrorCode.InvalidParams);
            if (uri is not null)
            {
                // The member "uri" of the error's data (SEP-2164).
                refusal.Data["uri"] = uri;
            }

            throw refusal;
        }
    }

    /// <summary>Where a page begins; an opaque cursor for clients.</summary>
    private sealed record Position(string Datastore, int Document)
    {
        public static Position Start { get; } = new("", 0);

        public static Position Parse(string cursor)
        {
            try
            {
                var text = Encoding.UTF8.GetString(Convert.FromBase64String(cursor));
                var space = text.IndexOf(' ', StringComparison.Ordinal);
                return new(
                    text[(space + 1)..],
                    int.Parse(text[..space], NumberStyles.None, CultureInfo.InvariantCulture)
                );
            }
            catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
            {
                throw new ContextException(
                    $"cursor: '{cursor}' is not a cursor of this list; begin again without one.",
                    error
                );
            }
        }

        public override string ToString() => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Document} {Datastore}"));
    }
}
