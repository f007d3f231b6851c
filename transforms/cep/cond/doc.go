// Package cond has the conditions of patterns, such as total > 100 && currency == "EUR".
package cond
