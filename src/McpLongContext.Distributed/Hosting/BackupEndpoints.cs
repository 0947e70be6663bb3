using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Management;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Distributed.Hosting;

/// <summary>Sends the backup of a datastore to whoever may read the datastore.</summary>
internal static class BackupEndpoints
{
    /// <summary>Adds <c>/backups/{datastore}</c>.</summary>
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/backups/{datastore}", SendAsync);

    private static async Task<IResult> SendAsync(
        string datastore,
        HttpContext context,
        ClusterBackup backup,
        ScratchFiles scratch,
        CancellationToken cancellation
    )
    {
        var access = Access.Of(context.User);
        if (!access.Allows(Scopes.Read) || !access.Allows(datastore))
        {
            return Results.Text(
                $"the token does not permit to read datastore '{datastore}'.",
                statusCode: StatusCodes.Status403Forbidden
            );
        }

        try
        {
            DatastoreName.Require(datastore);
        }
        catch (DatastoreException error)
        {
            return Results.Text(error.Message, statusCode: StatusCodes.Status400BadRequest);
        }

        var file = scratch.NewPath();
        try
        {
            await backup.WriteAsync(datastore, file, cancellation);
            var stream = new FileStream(
                file,
                new FileStreamOptions { Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous }
            );
            return Results.Stream(stream, "application/zip");
        }
        catch (Exception error) when (error is ContextException or DatastoreException)
        {
            File.Delete(file);
            var status =
                error is UnknownDatastoreException
                    ? StatusCodes.Status404NotFound
                    : StatusCodes.Status503ServiceUnavailable;
            return Results.Text(access.MessageOf(error), statusCode: status);
        }
    }
}
