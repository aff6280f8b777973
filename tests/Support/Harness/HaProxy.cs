namespace SshGateway.Tests.Support.Harness;

/// <summary>A real HAProxy in TCP mode.</summary>
internal static class HaProxy
{
    /// <param name="sections">The configuration's sections behind defaults.</param>
    public static async Task<Daemon> StartAsync(string sections)
    {
        string config = Path.Combine(ScratchDirectory.New("haproxy"), "haproxy.cfg");
        await File.WriteAllTextAsync(config,
            $"""
            global
              maxconn 2000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 10m
              timeout server 10m

            {sections}

            """);
        Daemon haproxy = Daemon.Start("haproxy", Tools.Find("haproxy")!, ["-V", "-db", "-f", config]);
        await haproxy.WaitForLineAsync("Using ");
        return haproxy;
    }
}
