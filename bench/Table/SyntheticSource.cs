using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Bench.Processes;
using SshGateway.Feed;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Table;

/// <summary>
/// The operator's table and feed, with TLS and tokens, but without a cluster behind them, as a process of its own.
/// </summary>
internal static class SyntheticSource
{
    private const string Ready = "ready";

    /// <summary>Starts the process, and waits until it serves.</summary>
    public static async Task<(BenchProcess Process, Uri Feed)> StartAsync(int sessions, FeedKeys keys)
    {
        int port = Ports.Free();
        var process = BenchProcess.Start(
            "synthetic source", "dotnet", typeof(SyntheticSource).Assembly.Location, "source", $"{port}", $"{sessions}",
            keys.CertificateFile, keys.CertificateKeyFile, keys.JwksFile);
        try
        {
            await process.UntilSaidAsync(Ready);
            return (process, new Uri($"https://127.0.0.1:{port}"));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Serves these sessions. Each line of standard input is the number of one that is no longer ready; the end of it
    /// ends the process.
    /// </summary>
    public static async Task RunAsync(int port, int sessions, string certificateFile, string keyFile, string jwksFile)
    {
        var table = new EndpointTable();
        table.Apply([.. SyntheticSessions.Of(sessions, SessionIds.Short, seed: 1).Select(ToTableEntry)], [], default);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listener =>
            {
                listener.Protocols = HttpProtocols.Http2;
                listener.UseHttps(certificate);
            });
        });
        using var usage = new UsageTable(table, TimeProvider.System);
        using var metrics = new FeedMetrics(table);
        using var keys = new IssuerKeysCache(new JwksFile(jwksFile, FeedKeys.Issuer), TimeProvider.System, NullLogger<IssuerKeysCache>.Instance);
        var authenticator = new TokenAuthenticator(keys, null, [FeedKeys.Subject], TimeProvider.System, NullLogger<TokenAuthenticator>.Instance);
        builder.Services.AddFeedGrpc();
        builder.Services.AddSingleton(services => new FeedService(
            table, usage, new HostKeyTable(), metrics, authenticator, TimeProvider.System,
            services.GetRequiredService<IHostApplicationLifetime>(), NullLogger<FeedService>.Instance));
        await using WebApplication app = builder.Build();
        app.MapGrpcService<FeedService>();
        await app.StartAsync();
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            MakeUnready(table, SessionIds.Short.Of(int.Parse(line, CultureInfo.InvariantCulture)));
        }
    }

    private static void MakeUnready(EndpointTable table, string id)
    {
        Entry entry = Entry.Parser.ParseFrom(table.Find(id)!.Wire.Span);
        entry.State = EndpointState.NotReady;
        table.Apply([ToTableEntry(entry)], [], default);
    }

    private static TableEntry ToTableEntry(Entry entry) => new(entry.SessionId, entry.PodUid, entry.ToByteArray());
}
