using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SshGateway.Hosting;

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: it can work, or a sentence says why not.</summary>
internal static class Probes
{
    /// <summary>Makes this the only address that HTTP listens on.</summary>
    /// <param name="address">An address that parses.</param>
    /// <returns>Where it listens, once it does.</returns>
    public static Func<IPEndPoint?> ListenForProbes(this WebApplicationBuilder builder, string address)
    {
        ListenOptions? probes = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            _ = ListenAddress.TryParse(address, out IPEndPoint? parsed);
            kestrel.Listen(parsed!, listener =>
            {
                listener.Protocols = HttpProtocols.Http1;
                probes = listener;
            });
        });
        return () => probes?.IPEndPoint;
    }

    /// <param name="notReady">Why the process is not ready; null when it is.</param>
    /// <param name="remark">What a ready process has to say besides; null: nothing.</param>
    public static Task HandleAsync(HttpContext context, string? notReady, string? remark = null) =>
        context.Request.Path.Value switch
        {
            "/healthz" => AnswerAsync(context, StatusCodes.Status200OK, "ok"),
            "/readyz" when notReady is null => AnswerAsync(context, StatusCodes.Status200OK, remark is null ? "ready" : $"ready, but {remark}"),
            "/readyz" => AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, notReady),
            _ => AnswerAsync(context, StatusCodes.Status404NotFound, "there are /healthz, /readyz and /metrics"),
        };

    private static Task AnswerAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n");
    }
}
