namespace DevicePlugin.Hardware.Scenarios;

/// <summary>A scenario that cannot be used; the message names it and everything that is wrong with it.</summary>
public sealed class ScenarioException : Exception
{
    public ScenarioException(string message)
        : base(message) => Problems = [message];

    public ScenarioException(string message, Exception innerException)
        : base(message, innerException) => Problems = [message];

    /// <param name="problems">Each with its JSON path, <c>$.gpus[3].memory.used_mib: ...</c>.</param>
    public ScenarioException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    private ScenarioException(string name, ScenarioException problem)
        : base($"The scenario \"{name}\" is not valid:{Environment.NewLine}{problem.Message}", problem) =>
        Problems = problem.Problems;

    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Problems { get; }

    internal ScenarioException In(string name) => new(name, this);
}
