# SPDX-License-Identifier: Apache-2.0
# Amazon CloudFront before a server, with a bucket of --archive-objects as cold origin: see
# docs/cdn.md. Not tried: no account was available.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

variable "domain" {
  description = "The name for viewers, such as live.example"
  type        = string
}

variable "certificate" {
  description = "ARN of the certificate for the name, in us-east-1"
  type        = string
}

variable "server" {
  description = "The name of the server, or of the Varnish before it; HTTPS on port 443"
  type        = string
}

variable "bucket" {
  description = "The bucket of --archive-objects"
  type        = string
}

variable "prefix" {
  description = "The prefix in the bucket, such as /site1, or empty"
  type        = string
  default     = ""
}

variable "window_seconds" {
  description = "How far back the server has segments itself: its window, or the archive on its disk"
  type        = number
  default     = 20
}

variable "segment_seconds" {
  description = "The value of --segment-duration"
  type        = number
  default     = 1
}

data "aws_s3_bucket" "archive" {
  bucket = var.bucket
}

# CloudFront alone reads the bucket, by its own key.
resource "aws_cloudfront_origin_access_control" "archive" {
  name                              = "streamer-${var.bucket}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_s3_bucket_policy" "archive" {
  bucket = var.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "${data.aws_s3_bucket.archive.arn}${var.prefix}/*"
      Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.live.arn } }
    }]
  })
}

# The names of segments count from 1970, so that a request tells whether the server still has them.
# An origin group would not do: it has no status 410, which is the answer for a removed segment.
resource "aws_cloudfront_function" "route" {
  name    = "streamer-route"
  runtime = "cloudfront-js-2.0"
  code = templatefile("${path.module}/route.js.tftpl", {
    window_seconds  = var.window_seconds
    segment_seconds = var.segment_seconds
  })
}

# Of the query only directives are part of the key. Lifetimes are those of the server.
resource "aws_cloudfront_cache_policy" "live" {
  name        = "streamer-live"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 31536000
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_gzip   = true
    enable_accept_encoding_brotli = false
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "whitelist"
      query_strings {
        items = ["_HLS_msn", "_HLS_part", "_HLS_skip", "wait", "version"]
      }
    }
  }
}

data "aws_cloudfront_cache_policy" "none" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "all_but_host" {
  name = "Managed-AllViewerExceptHostHeader"
}

resource "aws_cloudfront_distribution" "live" {
  enabled         = true
  comment         = "streamer"
  aliases         = [var.domain]
  http_version    = "http2and3"
  is_ipv6_enabled = true

  # The server needs --public-url https://DOMAIN: MPDs contain addresses of its clock.
  origin {
    origin_id   = "server"
    domain_name = var.server
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      # Above three target durations, and above 8 s.
      origin_read_timeout      = 30
      origin_keepalive_timeout = 60
    }
    # One cache before the server: each location is not a viewer of the origin.
    origin_shield {
      enabled              = true
      origin_shield_region = "us-east-1"
    }
  }

  origin {
    origin_id                = "bucket"
    domain_name              = data.aws_s3_bucket.archive.bucket_regional_domain_name
    origin_path              = var.prefix
    origin_access_control_id = aws_cloudfront_origin_access_control.archive.id
  }

  # Headers, init-HASH.mp4: the bucket has those that the server does not know (404).
  origin_group {
    origin_id = "server-then-bucket"
    failover_criteria {
      status_codes = [404]
    }
    member {
      origin_id = "server"
    }
    member {
      origin_id = "bucket"
    }
  }

  default_cache_behavior {
    target_origin_id       = "server"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD"]
    compress               = false
    cache_policy_id        = aws_cloudfront_cache_policy.live.id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.route.arn
    }
  }

  ordered_cache_behavior {
    path_pattern           = "*/init-*.mp4"
    target_origin_id       = "server-then-bucket"
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD"]
    compress               = false
    cache_policy_id        = aws_cloudfront_cache_policy.live.id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.route.arn
    }
  }

  # Players of encrypted streams ask for keys by POST. The function refuses the other methods.
  ordered_cache_behavior {
    path_pattern             = "*/clearkey"
    target_origin_id         = "server"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    compress                 = false
    cache_policy_id          = data.aws_cloudfront_cache_policy.none.id
    origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all_but_host.id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.route.arn
    }
  }

  # WebSockets, clocks and probes: each client gets the server's answer of this moment. So does a
  # client of the list, whose parameters the server leads to the page of a stream.
  dynamic "ordered_cache_behavior" {
    for_each = ["/ws", "*/ws", "/time", "/isotime", "*/timestamps.json", "/timestamps.json",
    "/health", "/ready", "/version", "/", "/t/*/"]
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "server"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = false
      cache_policy_id          = data.aws_cloudfront_cache_policy.none.id
      origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all_but_host.id
      function_association {
        event_type   = "viewer-request"
        function_arn = aws_cloudfront_function.route.arn
      }
    }
  }

  # A part that was requested too early must not be missing afterwards.
  dynamic "custom_error_response" {
    for_each = [400, 403, 404, 500, 502, 503, 504]
    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

output "name" {
  description = "The name to which DOMAIN is a CNAME"
  value       = aws_cloudfront_distribution.live.domain_name
}
