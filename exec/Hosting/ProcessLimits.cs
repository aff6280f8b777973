using SshGateway.Exec.Configuration;
using SshGateway.Hosting;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Exec.Hosting;

/// <summary>What the machine lets the process have: descriptors and threads.</summary>
internal static class ProcessLimits
{
    // A proxy, and a stream to the API server.
    private const int DescriptorsPerConnection = 2;

    /// <summary>Exec:MaxConnections, or what the descriptors suffice for.</summary>
    public static int MaxConnections(ExecOptions options) =>
        (int)Math.Clamp((Descriptors.Limit - Descriptors.Reserve) / DescriptorsPerConnection, 1, options.MaxConnections);

    /// <summary>Says what does not suffice.</summary>
    public static void Report(ExecOptions options, ILogger logger)
    {
        int possible = MaxConnections(options);
        if (possible < options.MaxConnections)
        {
            long needed = ((long)options.MaxConnections * DescriptorsPerConnection) + Descriptors.Reserve;
            HostingLog.FewDescriptors(logger, Descriptors.Limit, options.MaxConnections, needed, possible);
        }
        ThreadLimits.Report(logger);
    }
}
