namespace DevicePlugin.Hardware.Scenarios;

/// <summary>Where a scenario is: built in, or a file that may change while it is used.</summary>
public sealed class ScenarioSource
{
    private readonly Func<byte[]> _read;

    internal ScenarioSource(string name, string? path, Func<byte[]> read)
    {
        Name = name;
        Path = path;
        _read = read;
    }

    /// <summary>As the user gave it.</summary>
    public string Name { get; }

    /// <summary>Full path of the file; null for a built-in scenario.</summary>
    public string? Path { get; }

    /// <exception cref="ScenarioException">It cannot be read, or is not valid.</exception>
    public Scenario Open()
    {
        try
        {
            return Scenario.Parse(_read());
        }
        catch (ScenarioException exception)
        {
            throw exception.In(Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"The scenario \"{Name}\" cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>A scenario's text as it is stored; for a person.</summary>
    /// <exception cref="ScenarioException">It cannot be read.</exception>
    public string ReadText()
    {
        try
        {
            return System.Text.Encoding.UTF8.GetString(_read());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"The scenario \"{Name}\" cannot be read: {exception.Message}", exception);
        }
    }
}
