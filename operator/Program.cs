using SshGateway.Operator.Hosting;
using SshGateway.Shared.Hosting;

try
{
    await using WebApplication app = OperatorHost.Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (StartupFailure.IsExplained(exception))
{
    await Console.Error.WriteLineAsync(StartupFailure.Explain(exception));
    return 1;
}
