using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace SshGateway.Operator.StatusPage;

/// <summary>The page's style sheet and its script. They are in the program, so there is nothing to install.</summary>
internal static class PageFiles
{
    public static readonly PageFile Style = new("page.css", "text/css; charset=utf-8");

    public static readonly PageFile Script = new("page.js", "text/javascript; charset=utf-8");
}

/// <summary>A file that browsers may keep: its address changes with its content.</summary>
internal sealed class PageFile
{
    private const string Forever = "private, max-age=31536000, immutable";

    private readonly byte[] _content;
    private readonly string _type;
    private readonly string _version;

    public PageFile(string name, string type)
    {
        using Stream stream = typeof(PageFile).Assembly.GetManifestResourceStream($"{typeof(PageFile).Namespace}.{name}")!;
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        _type = type;
        _version = Convert.ToHexStringLower(SHA256.HashData(_content))[..16];
        Name = name;
    }

    public string Name { get; }

    /// <summary>As the page names it.</summary>
    public string Address => $"./{Name}?v={_version}";

    public Task SendAsync(HttpContext context)
    {
        context.Response.ContentType = _type;
        context.Response.ContentLength = _content.Length;
        // Another replica may run another version.
        context.Response.Headers[HeaderNames.CacheControl] = context.Request.Query["v"] == _version ? Forever : "no-cache";
        return context.Response.Body.WriteAsync(_content, context.RequestAborted).AsTask();
    }
}
