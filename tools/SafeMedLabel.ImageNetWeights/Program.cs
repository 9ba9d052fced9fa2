using SafeMedLabel.ImageNetWeights;

if (args is not [var from, var to])
{
    Console.Error.WriteLine("Usage: dotnet SafeMedLabel.ImageNetWeights.dll FROM.onnx TO.safetensors");
    return 2;
}

try
{
    SafeTensorsFile.Write(to, ResNet18Weights.Of(OnnxGraph.Read(from)));
    return 0;
}
catch (Exception refused) when (refused is InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"ImageNet's weights could not be converted: {refused.Message}");
    return 1;
}
