using SshGateway.Exec.Hosting;
using SshGateway.Hosting;

const string Help = """
    Usage: sshgateway-exec [--config=<file>] [--Exec:<setting>=<value>]...
           sshgateway-exec --check [the same]
           sshgateway-exec --version | --help

    The SSH server of sessions whose pods have none: runs their commands through
    the API server. Only the proxies connect to it.
    Settings also come from appsettings.json beside the program and from environment
    variables (Exec__<setting>).
    docs/configuration.md describes every setting.
    --check reads the configuration and the files that it names, prints what would
    run, and exits: 0 if the relay can start, 1 if not.
    SIGHUP reloads host keys, the user CA and log levels.
    """;

if (ProgramInfo.Answer(typeof(Program).Assembly, args, Help) is { } answer)
{
    Console.WriteLine(answer);
    return 0;
}
if (ProgramCheck.TryTake(args, out string[] configuration))
{
    return ProgramCheck.Run(() => ExecCheck.Read(configuration));
}
return await GatewayProcess.RunAsync(() => ExecHost.Build(args));
