# SPDX-License-Identifier: Apache-2.0
# Fastly before a server, with a bucket of --archive-objects as cold origin: see docs/cdn.md. Not
# tried: no account was available.

terraform {
  required_version = ">= 1.5"
  required_providers {
    fastly = {
      source  = "fastly/fastly"
      version = "~> 5.13"
    }
  }
}

variable "domain" {
  description = "The name for viewers, such as live.example"
  type        = string
}

variable "server" {
  description = "The name of the server, or of the Varnish before it; HTTPS on port 443"
  type        = string
}

variable "bucket" {
  description = "The host of the bucket, readable without a key, such as site1.s3.example.com"
  type        = string
}

variable "prefix" {
  description = "The prefix in the bucket, such as /site1, or empty"
  type        = string
  default     = ""
}

variable "shield" {
  description = "The location before the server, such as fra-de-de"
  type        = string
}

resource "fastly_service_vcl" "live" {
  name = "streamer"

  domain {
    name = var.domain
  }

  # Times are in milliseconds. The first byte: above three target durations, and above 8 s. Between
  # bytes: above 2 s, for open segments.
  backend {
    name                  = "server"
    address               = var.server
    port                  = 443
    use_ssl               = true
    ssl_cert_hostname     = var.server
    ssl_sni_hostname      = var.server
    shield                = var.shield
    connect_timeout       = 1000
    first_byte_timeout    = 30000
    between_bytes_timeout = 5000
    max_conn              = 1000
  }

  backend {
    name               = "bucket"
    address            = var.bucket
    port               = 443
    use_ssl            = true
    ssl_cert_hostname  = var.bucket
    ssl_sni_hostname   = var.bucket
    override_host      = var.bucket
    connect_timeout    = 2000
    first_byte_timeout = 20000
    # After a restart only, see deliver.vcl.
    request_condition = "cold"
  }

  condition {
    name      = "cold"
    type      = "REQUEST"
    statement = "req.http.X-Cold"
  }

  snippet {
    name    = "streamer-recv"
    type    = "recv"
    content = templatefile("${path.module}/recv.vcl.tftpl", { prefix = var.prefix })
  }

  snippet {
    name    = "streamer-hash"
    type    = "hash"
    content = file("${path.module}/hash.vcl")
  }

  snippet {
    name    = "streamer-fetch"
    type    = "fetch"
    content = file("${path.module}/fetch.vcl")
  }

  snippet {
    name    = "streamer-deliver"
    type    = "deliver"
    content = file("${path.module}/deliver.vcl")
  }

  http3 = true
}

output "service" {
  description = "The identifier of the service"
  value       = fastly_service_vcl.live.id
}
