using System.Text.Json;
using System.Text.Json.Serialization;

namespace DevicePlugin.Hardware.State;

[JsonSourceGenerationOptions(JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(HealthFileContent))]
internal sealed partial class HealthJson : JsonSerializerContext;
