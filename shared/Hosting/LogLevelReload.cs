using Microsoft.Extensions.Configuration;

namespace SshGateway.Hosting;

/// <summary>Reads the configuration again, of which only the section <c>Logging</c> is followed.</summary>
internal sealed class LogLevelReload(ConfigurationManager configuration) : IReloadable
{
    public string Content => "log levels";

    public string? Reload()
    {
        // Tried out first: the framework would take a bad level for none at all.
        var trial = new ConfigurationBuilder();
        try
        {
            foreach (IConfigurationSource source in ((IConfigurationBuilder)configuration).Sources)
            {
                trial.Add(source);
            }
            if (LogLevelSettings.FindProblems(trial.Build()).FirstOrDefault() is { } problem)
            {
                return problem;
            }
            ((IConfigurationRoot)configuration).Reload();
            return null;
        }
        catch (Exception problem) when (StartupFailure.IsExplained(problem))
        {
            return StartupFailure.Explain(problem);
        }
    }
}
