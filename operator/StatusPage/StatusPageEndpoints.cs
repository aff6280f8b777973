using System.Net;
using Microsoft.Net.Http.Headers;

namespace SshGateway.Operator.StatusPage;

/// <summary>
/// The page at <c>/</c>, for people. It is read-only. It is shown to callers of <c>/internal</c>, over TLS, and without
/// a token only to this machine, which in a pod is whoever may forward its ports.
/// </summary>
internal sealed class StatusPageEndpoints(LiveUpdates updates)
{
    // Nothing is loaded from elsewhere, nothing inline runs, and no other page may contain or read this one.
    private const string ContentPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private const string Events = "/events";

    /// <summary>Whether this path is one of the page's.</summary>
    public static bool IsAt(PathString path) => path.Value is "/" or Events || FindFile(path) is not null;

    /// <summary>Answers a request that came without TLS, and so without a token.</summary>
    public Task HandleLocalAsync(HttpContext context)
    {
        if (!IsLoopback(context.Connection.LocalIpAddress) || !IsLoopback(context.Connection.RemoteIpAddress))
        {
            return RefuseAsync(context, "the status page is served on loopback only, such as through kubectl port-forward, and over TLS at Operator:InternalListen");
        }
        // A name that an attacker owns may lead here as well (DNS rebinding). The browser would let the attacker's page
        // read ours.
        return IsLoopback(context.Request.Host)
            ? HandleAsync(context)
            : RefuseAsync(context, "the status page is at http://localhost here, whatever the port, and at no other name");
    }

    /// <summary>Answers a request of somebody who may look.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = HttpMethods.Get;
            return;
        }
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers[HeaderNames.CacheControl] = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (FindFile(context.Request.Path) is { } file)
        {
            await file.SendAsync(context);
            return;
        }
        PageQuery query = PageQuery.Parse(context.Request.Query);
        if (context.Request.Path == Events)
        {
            await updates.SendAsync(context, query);
            return;
        }
        string document = await PageRenderer.RenderDocumentAsync(updates.CreateModel(query));
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(document, context.RequestAborted);
    }

    private static PageFile? FindFile(PathString path) => path.Value switch
    {
        "/page.css" => PageFiles.Style,
        "/page.js" => PageFiles.Script,
        _ => null,
    };

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool IsLoopback(HostString host) =>
        host.Host == "localhost" || (IPAddress.TryParse(host.Host.AsSpan().Trim("[]"), out IPAddress? address) && IsLoopback(address));

    private static Task RefuseAsync(HttpContext context, string sentence)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n", context.RequestAborted);
    }
}
