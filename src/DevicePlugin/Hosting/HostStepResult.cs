using System.Text.Json;
using Spectre.Console;

namespace DevicePlugin.Hosting;

/// <summary>What one step of the host saw, for people and for programs.</summary>
internal abstract record HostStepResult
{
    /// <summary>The rest of the step's line.</summary>
    public abstract string Summary { get; }

    /// <summary>The members of the JSON object <c>result</c>.</summary>
    public abstract void WriteJson(Utf8JsonWriter writer);

    /// <summary>What follows the step's line, if anything does.</summary>
    public virtual void WriteDetails(IAnsiConsole console)
    {
    }
}
