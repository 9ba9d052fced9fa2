using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>
/// A reader sees pixels, and nothing by which an image could be looked up where the data set is public: neither a hash of its file, nor its name, its
/// patient, its metadata or its length.
/// </summary>
public sealed class WhatReadersSeeTests : IAsyncLifetime
{
    private const string Patient = "Quillfeather";
    private const string Noted = "Slide 4711 of Jane";

    /// <summary>Size, bits of a colour, a scale that is the same for all, pixels, and the end.</summary>
    private static readonly string[] Pixels = ["IHDR", "sBIT", "pHYs", "IDAT", "IEND"];

    private readonly TestServer _server = new();
    private readonly List<byte[]> _files = [];
    private List<ProjectImage> _images = [];
    private int _project;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        _files.AddRange([WithText(Pictures.Png(1)), WithNote(Pictures.Png(2)), Pictures.Png(3, width: 1500, height: 1100)]);
        (_project, _) = await _server.AddImagesAsync(
            ("grumbling/grumble_secret1.png", _files[0]), ("placid/placid_secret2.jpg", _files[1]), ("placid/placid_secret3.png", _files[2]));
        await using var db = _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
        await db.Images.ExecuteUpdateAsync(set => set.SetProperty(i => i.Patient, Patient), Cancellation);
        _images = await db.Images.AsNoTracking().ToListAsync(Cancellation);
        Assert.Equal(3, _images.Count);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task No_answer_to_a_reader_holds_a_hash_a_name_a_patient_or_the_metadata_of_a_file()
    {
        using var browser = await _server.BrowserAsync("pat");
        using var program = await _server.ProgramAsync("pat", ApiScope.Read | ApiScope.Label | ApiScope.Manage | ApiScope.Predict);
        var (asked, let) = (0, 0);
        foreach (var image in _images)
        {
            foreach (var (method, address) in Addresses(image))
            {
                var client = address.StartsWith("/api/v1/", StringComparison.Ordinal) ? program : browser;
                using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address, UriKind.Relative));
                using var answer = await client.SendAsync(request, Cancellation);
                var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
                var said = $"{answer.Headers}{answer.Content.Headers}{Encoding.Latin1.GetString(bytes)}";
                Assert.All(Secrets(), secret => Assert.False(said.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{method} {address} tells {secret}."));
                if (answer.Headers.ETag?.Tag.Trim('"') is { } tag)
                {
                    Assert.False(Convert.ToHexStringLower(SHA256.HashData(bytes)).StartsWith(tag, StringComparison.Ordinal), $"{method} {address} is marked by a hash without a key.");
                }

                asked++;
                let += answer.StatusCode == HttpStatusCode.OK ? 1 : 0;
            }
        }

        Assert.InRange(asked, 150, 1000);
        Assert.InRange(let, 30, asked);
    }

    [Fact]
    public async Task A_picture_holds_pixels_alone_and_is_as_long_whatever_its_file_held()
    {
        using var browser = await _server.BrowserAsync("pat");
        using var program = await _server.ProgramAsync("pat", ApiScope.Read);
        foreach (var image in _images)
        {
            var pictures = new List<byte[]>();
            foreach (var (client, address) in new[] { (browser, $"/images/{image.Id}"), (browser, $"/images/{image.Id}/tiles/0/0/0"), (program, $"/api/v1/projects/{_project}/images/{image.Id}/picture") })
            {
                using var answer = await client.GetAsync(new Uri(address, UriKind.Relative), Cancellation);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    pictures.Add(await answer.Content.ReadAsByteArrayAsync(Cancellation));
                }
            }

            Assert.InRange(pictures.Count, 2, 3);
            Assert.All(pictures, picture => Assert.Empty(Chunks(picture).Except(Pixels)));
            Assert.All(pictures, picture => Assert.DoesNotContain(picture.Length, _files.Select(f => f.Length)));
        }

        // The file with a note and the one without, of the same picture, look the same.
        Assert.Equal(ImageResizer.ToDisplayPng(ImageDecoder.Decode(Pictures.Png(1))), ImageResizer.ToDisplayPng(ImageDecoder.Decode(_files[0])));
    }

    [Fact]
    public async Task The_queue_tells_of_an_image_its_size_and_nothing_else()
    {
        using var program = await _server.ProgramAsync("pat", ApiScope.Label);

        using var answer = await program.PostAsync(new Uri($"/api/v1/projects/{_project}/next?count=3", UriKind.Relative), null, Cancellation);

        var held = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["images"]!.AsArray();
        Assert.NotEmpty(held);
        Assert.All(held, image => Assert.Equal(["height", "id", "wasSkipped", "width"], image!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void An_images_key_is_random_and_tells_no_order() => Assert.All(_images, image => Assert.Equal((4, 0x80), (image.Id.Version, image.Id.ToByteArray()[8] & 0xC0)));

    [Fact]
    public void A_mark_stays_while_the_storage_keeps_its_key_and_is_another_in_another_storage()
    {
        using var folder = new TemporaryFolder();
        var content = _files[0];
        var mark = _server.Services.GetRequiredService<ContentMark>().Of(content);

        Assert.Equal(mark, new ContentMark(_server.Services.GetRequiredService<StorageOptions>()).Of(content));
        Assert.NotEqual(mark, new ContentMark(new StorageOptions { Root = folder.Path }).Of(content));
        Assert.NotEqual(mark, Convert.ToHexStringLower(SHA256.HashData(content))[..32]);
    }

    /// <summary>What could be looked up of any image: hashes as they may be written, whole or their beginning, names and what the files say.</summary>
    private IEnumerable<string> Secrets() => _images.SelectMany(image => (string[])
        [
            image.ContentHash[..16], Convert.ToBase64String(Convert.FromHexString(image.ContentHash))[..16], Convert.ToBase64String(Encoding.ASCII.GetBytes(image.ContentHash))[..20],
            Path.GetFileNameWithoutExtension(image.SourcePath), image.SourcePath,
        ]).Append(Patient).Append(Noted);

    /// <summary>Every address that names an image or its project, by every method, and the lists of the API.</summary>
    private IEnumerable<(string Method, string Address)> Addresses(ProjectImage image)
    {
        var values = new RouteValueDictionary { ["projectId"] = _project, ["imageId"] = image.Id, ["level"] = 0, ["column"] = 0, ["row"] = 0 };
        return from endpoint in _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
               where endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is null
               from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
               select (method, "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
               {
                   RoutePatternParameterPart parameter => values.TryGetValue(parameter.Name, out var value) ? $"{value}" : "1",
                   RoutePatternLiteralPart literal => literal.Content,
                   _ => throw new NotSupportedException("A part of a route that this test does not know."),
               })))));
    }

    private static IEnumerable<string> Chunks(byte[] png)
    {
        for (var at = 8; at < png.Length; at += 12 + (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at)))
        {
            yield return Encoding.ASCII.GetString(png, at + 4, 4);
        }
    }

    /// <summary>The same picture with text in its file.</summary>
    private static byte[] WithText(byte[] png)
    {
        byte[] text = [.. "tEXt"u8, .. "Comment\0"u8, .. Encoding.Latin1.GetBytes(Noted)];
        var chunk = new byte[4 + text.Length + 4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(chunk, text.Length - 4);
        text.CopyTo(chunk, 4);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + text.Length), System.IO.Hashing.Crc32.HashToUInt32(text));
        return [.. png[..33], .. chunk, .. png[33..]];
    }

    /// <summary>As a camera stores it, with a note.</summary>
    private static byte[] WithNote(byte[] png)
    {
        using var picture = NetVips.Image.NewFromBuffer(png);
        using var noted = picture.Mutate(m => m.Set(NetVips.GValue.GStrType, "exif-ifd0-ImageDescription", Noted));
        return noted.JpegsaveBuffer();
    }
}
