using System.Text.Encodings.Web;
using System.Text.Json;

namespace DevicePlugin.UnitTests.Nomad.Agent;

internal static class JsonText
{
    /// <summary>Quotes as \" and not as \u0022, so that a test can be read.</summary>
    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
