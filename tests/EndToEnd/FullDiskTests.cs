using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Proxy.Accounting;
using SshGateway.Tests.Support.Accounting;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>The audit log on a real file system without room.</summary>
public sealed class FullDiskTests
{
    [RealSshFact("mount")]
    public async Task A_line_that_was_cut_short_does_not_swallow_the_next_one()
    {
        string directory = ScratchDirectory.New("full-disk");
        string file = Path.Combine(directory, "audit");
        await Command.OutputAsync("mount", "-t", "tmpfs", "-o", "size=72k", "tmpfs", directory);
        string ballast = Path.Combine(directory, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[64 * 1024]);
        try
        {
            using (AuditLog log = New(file))
            {
                await log.StartAsync(CancellationToken.None);
                for (int i = 0; log.Lost == 0; i++)
                {
                    long before = new FileInfo(file).Length;
                    log.Write(AuditSamples.Record($"session-{i}"));
                    await Eventually.TrueAsync(() => log.Lost > 0 || new FileInfo(file).Length > before, "the line is written or lost");
                }
                File.Delete(ballast);
                log.Write(AuditSamples.Record("after"));
                await log.StopAsync(CancellationToken.None);
            }
            // What a process that was killed in the middle of a line leaves behind.
            await File.AppendAllTextAsync(file, "{\"time\": \"2026");
            using (AuditLog log = New(file))
            {
                await log.StartAsync(CancellationToken.None);
                log.Write(AuditSamples.Record("restarted"));
                await log.StopAsync(CancellationToken.None);
            }

            string[] lines = await File.ReadAllLinesAsync(file);
            JsonElement[] records = [.. lines.Select(TryParse).OfType<JsonElement>()];
            Assert.Single(records, r => r.TryGetProperty("lost", out JsonElement lost) && lost.GetInt64() > 0);
            Assert.Equal(["after", "restarted"], records.Select(Session).Where(s => s is "after" or "restarted"));
            Assert.InRange(lines.Length - records.Length, 1, 2);
        }
        finally
        {
            await Command.OutputAsync("umount", "-l", directory);
        }
    }

    private static AuditLog New(string file) => new(file, "proxy-7", TimeProvider.System, NullLogger<AuditLog>.Instance);

    private static string? Session(JsonElement record) => record.TryGetProperty("session", out JsonElement session) ? session.GetString() : null;

    private static JsonElement? TryParse(string line)
    {
        try
        {
            return JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
